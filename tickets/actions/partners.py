"""A partner's people hear what is in their partner's queues, and nothing that has left them."""

from accounts.actions import tell_rights_changed
from accounts.models import Role
from workforce.models import Team


def tell_it_left(team: Team) -> None:
    """Have the partner's people of ``team`` asked again what they may hear: a conversation has left it.

    Any of them may have it open, and no queue of theirs covers it any more. Our own teams are not
    asked: what they heard stays in the house.
    """
    if team.partner_id is None:
        return
    for user in team.members.filter(roles__contains=[Role.PARTNER_AGENT]):
        tell_rights_changed(user)
