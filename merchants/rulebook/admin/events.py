"""What the events of rule making are called."""

from django.utils.translation import gettext_lazy as _

from common.events import name_events

name_events(
    {
        "rule.added": _("Rule added"),
        "rule.drafted": _("Version drafted"),
        "rule.edited": _("Draft edited"),
        "rule.gate_answered": _("Dimension answered"),
        "rule.sent_to_review": _("Sent to the internal review"),
        "rule.sent_back": _("Sent back to its author"),
        "rule.dropped": _("Version dropped"),
        "rule.skip_asked": _("Asked not to consult"),
        "rule.skip_approved": _("Approved not to consult"),
        "rule.merchants_asked": _("Merchants added to a consultation"),
        "rule.consultation_opened": _("Consultation opened"),
        "rule.objections_grouped": _("Objections grouped"),
        "rule.objections_answered": _("Objections answered"),
        "rule.revised": _("Text changed after the consultation"),
        "rule.result_published": _("Result published"),
        "rule.result_published_late": _("Result published late"),
        "rule.result_overdue": _("Result overdue"),
        "rule.notice_given": _("Notice given"),
        "rule.trial_begun": _("Trial begun"),
        "rule.took_effect": _("Took effect"),
        "rule.superseded": _("Superseded"),
        "rule.retired": _("Retired"),
        "rule.simulation_asked": _("Simulation asked for"),
        "rule.effect_measured": _("Effect measured"),
        "rule.end_proposed": _("End proposed"),
        "rule.end_decided": _("End decided"),
        "rule_vote.said": _("Voice given"),
        "rule_vote.changed": _("Voice changed"),
        "emergency.ordered": _("Emergency measure ordered"),
        "emergency.confirmed": _("Emergency measure confirmed"),
        "emergency.expired": _("Emergency measure expired"),
        "emergency.lifted": _("Emergency measure lifted"),
        "precedent.added": _("Precedent added"),
        "precedent.rule_named": _("Rule named that was born from it"),
    }
)
