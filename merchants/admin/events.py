"""What is done about shops, in words."""

from django.utils.translation import gettext_lazy as _

from common.admin.parameters import name_parameter_groups
from common.events import name_events

name_parameter_groups(
    {
        "penalty": _("Penalties"),
        "appeal": _("Appeals"),
        "case": _("Files of cases"),
        "shop_act": _("Acts on shops"),
    }
)
name_events(
    {
        "violation.detected": _("Violation found"),
        "violation.noticed": _("Shop told"),
        "violation.stated": _("Shop stated its side"),
        "violation.heard": _("Time for the statement over"),
        "violation.late": _("Decision late"),
        "violation.emergency_called": _("Emergency called"),
        "violation.emergency_confirmed": _("Emergency confirmed by a second person"),
        "violation.emergency_lapsed": _("Emergency lapsed: no second person came"),
        "violation.exam_chosen": _("Exam chosen in place of the penalty"),
        "violation.exam_taken": _("Exam in place of the penalty taken"),
        "violation.exam_missed": _("Exam in place of the penalty missed"),
        "violation.decided": _("Violation decided"),
        "violation.executing": _("Measures began"),
        "violation.ended": _("Case ended"),
        "violation.dropped": _("Case dropped"),
        "violation.ratings_out": _("Fake ratings no longer count"),
        "case_file.uploaded": _("File uploaded"),
        "case_file.let_go": _("Unused file deleted"),
        "penalty.period_over": _("Time served, something missing"),
        "penalty.corrected": _("Correction confirmed"),
        "penalty.exam_taken": _("Exam taken"),
        "penalty.published": _("Penalty made public"),
        "penalty.lightened": _("Penalty lightened"),
        "points.cleared": _("Points of a year cleared"),
        "shop.limits_changed": _("What holds for the shop changed"),
        "appeal.filed": _("Appeal filed"),
        "appeal.sent_back": _("Appeal sent back for papers"),
        "appeal.papers_sent": _("Papers sent"),
        "appeal.extended": _("Review extended"),
        "appeal.ruled": _("Appeal ruled"),
        "appeal.lapsed": _("Appeal lapsed"),
        "appeal.late": _("Ruling late"),
        "shop_act.asked": _("Act on a shop asked for"),
        "shop_act.began": _("Act on a shop began"),
        "shop_act.refused": _("Act on a shop refused"),
        "shop_act.nobody_came": _("No second person came"),
        "shop_act.undone": _("Act on a shop undone"),
        "shop_act.over": _("Act on a shop over"),
        "manager.assigned": _("Account manager assigned"),
        "manager.handed_over": _("Account handed over"),
        "manager.ended": _("Account manager ended"),
        "manager.absent": _("Absence noted"),
        "manager.back": _("Back from an absence"),
        "manager.contact_noted": _("Contact noted"),
        "pilot.entered": _("Pilot shop let in"),
        "pilot.review_due": _("Review of a pilot shop due"),
        "pilot.reviewed": _("Pilot shop reviewed"),
        "pilot.left": _("Pilot shop left"),
        "pilot.said": _("Word about what is tried"),
        "staff.invited": _("Somebody let in at a merchant"),
        "staff.rights_set": _("Rights at a merchant set"),
        "staff.ended": _("Somebody let go at a merchant"),
    }
)
