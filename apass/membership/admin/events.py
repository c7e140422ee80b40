"""What is done to a membership, in words."""

from django.utils.translation import gettext_lazy as _

from common.admin.parameters import name_parameter_groups
from common.events import name_events

name_parameter_groups({"apass": _("APASS")})
name_events(
    {
        "membership.found": _("Found for APASS by the list"),
        "membership.proposed": _("Proposed for APASS"),
        "membership.approved": _("Approved for APASS"),
        "membership.rejected": _("Rejected for APASS"),
        "membership.dropped": _("Dropped out of APASS"),
        "membership.invited": _("Invited to APASS"),
        "membership.expired": _("Invitation to APASS expired"),
        "membership.declined": _("Invitation to APASS declined"),
        "membership.activated": _("APASS began"),
        "membership.review_began": _("Review of APASS began"),
        "membership.lapse_decided": _("Decided that APASS lapses"),
        "membership.renewed": _("APASS renewed"),
        "membership.lapsed": _("APASS lapsed"),
        "membership.friend_code_given": _("Code for a friend given"),
        "membership.manager_named": _("Manager named"),
        "membership.handed_over": _("Handed over to another manager"),
        "membership.manager_released": _("Manager released"),
    }
)
