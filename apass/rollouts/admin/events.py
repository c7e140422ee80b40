"""What the history of the testbed is called."""

from django.utils.translation import gettext_lazy as _

from common.admin.parameters import name_parameter_groups
from common.events import name_events

name_parameter_groups({"rollout": _("Testbed")})
name_events(
    {
        "cohort.opened": _("Cohort opened"),
        "cohort.grown": _("Put on the list"),
        "cohort.shrunk": _("Taken off the list"),
        "rollout.opened": _("Rollout opened"),
        "rollout.stage_added": _("Stage added"),
        "rollout.stage_dropped": _("Stage taken away"),
        "rollout.guardrail_added": _("Guardrail set"),
        "rollout.guardrail_dropped": _("Guardrail taken away"),
        "rollout.proposed": _("Next stage proposed"),
        "rollout.widened": _("Stage opened"),
        "rollout.rejected": _("Next stage rejected"),
        "rollout.held": _("Rollout held"),
        "rollout.resumed": _("Rollout goes on"),
        "rollout.rolled_back": _("Rollout taken back"),
        "rollout.stepped_back": _("Stepped back by a guardrail"),
        "rollout.finished": _("Rollout finished"),
        "rollout.holdout_released": _("Holdout let in"),
        "rollout.promised": _("Promised"),
        "rollout.declined": _("Declined to take part"),
        "rollout.takes_part": _("Takes part again"),
    }
)
