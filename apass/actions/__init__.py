"""Every write about tiers' promises."""

from apass.actions.candidates import look_for_candidates
from apass.actions.codes import give_friend_code, redeem_code, send_invitation
from apass.actions.looking_after import assign_manager
from apass.actions.membership import (
    accept_invitation,
    advance,
    approve,
    decline_invitation,
    end_for_erasure,
    invite,
    let_lapse,
    propose,
    reject,
    renew,
)

__all__ = [
    "accept_invitation",
    "advance",
    "approve",
    "assign_manager",
    "decline_invitation",
    "end_for_erasure",
    "give_friend_code",
    "invite",
    "let_lapse",
    "look_for_candidates",
    "propose",
    "redeem_code",
    "reject",
    "renew",
    "send_invitation",
]
