"""What events and parameters of this app are called."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from common.admin.parameters import name_parameter_groups
from common.events import name_events, name_facts
from tickets.models import Conversation, WhyReturned

name_parameter_groups(
    {"chat": _("Live chat"), "queue": _("Queue"), "harassment": _("Harassment"), "tier": _("Tiers")}
)
name_events(
    {
        "conversation.opened": _("Conversation opened"),
        "conversation.accepted": _("Conversation accepted"),
        "conversation.transferred": _("Conversation handed on"),
        "conversation.taken_over": _("Conversation taken over"),
        "conversation.returned": _("Conversation put back into its queue"),
        "conversation.resolved": _("Conversation resolved"),
        "conversation.reopened": _("Conversation reopened"),
        "conversation.closed": _("Conversation closed"),
        "conversation.set_apart": _("Conversation set apart, to be dealt with in writing"),
        "harassment.marked": _("Harassment marked"),
        "harassment.confirmed": _("Harassment confirmed"),
        "harassment.dismissed": _("Harassment dismissed"),
        "harassment.expired": _("Contact block over"),
        "harassment.lifted": _("Contact block lifted"),
        "harassment.overturned": _("Contact block taken back"),
        "harassment.appealed": _("Contact block appealed"),
        "harassment.appeal_upheld": _("Appeal upheld"),
        "harassment.appeal_rejected": _("Appeal not upheld"),
        "harassment.rest_taken": _("Rest taken"),
        "note.added": _("Note written"),
        "message.recalled": _("Message taken back"),
        "canned_reply.added": _("Canned reply added"),
        "canned_reply.changed": _("Canned reply changed"),
        "canned_reply.deleted": _("Canned reply removed"),
        "disposition.added": _("Disposition added"),
        "disposition.changed": _("Disposition changed"),
    }
)
name_facts(Conversation, why=models.CharField(_("why"), choices=WhyReturned.choices))
