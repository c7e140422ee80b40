"""Members hear that their tier moved: up with what it brings, down plainly with what would raise it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy

from accounts.actions import notify_many
from accounts.models import Tier, User
from accounts.standing.numbers import rules_at
from accounts.standing.rules import APASS, LADDER, NEW, NORMAL, SUPER, VIP88
from apass.entitlements.queries import gained
from apass.entitlements.words import brought_words

KIND, SUBJECT = "standing.tier", "standing:tier"
PROMISES, STANDING = "/me/promises/", "/me/standing/"

UP = gettext_lazy("You are %(tier)s now")
UP_BODY = gettext_lazy("It brings you: %(brings)s.")
UP_PLAIN = gettext_lazy("See what is promised to you.")
GUIDE_OVER = gettext_lazy("The guide party has led you through")
GUIDE_OVER_BODY = gettext_lazy(
    "Super begins at a member value of %(value)s with a buyer credit of %(credit)s. Your page says what"
    " you have and what raises it."
)
DOWN = gettext_lazy("Your tier is %(tier)s from now on")
DOWN_BODIES = {
    NORMAL: gettext_lazy(
        "Tiers are counted anew once a month. With a member value of %(value)s and a buyer credit of"
        " %(credit)s you are Super again at once. Your page says what you have and what raises it."
    ),
    SUPER: gettext_lazy(
        "What was yours for a time has ended. Your orders keep you Super while your member value is"
        " %(value)s or more and your buyer credit %(credit)s or more. Your page says what raises it."
    ),
    VIP88: gettext_lazy("What was yours for a time has ended. Your 88VIP goes on."),
}


def is_news(after: str) -> bool:
    """Tell whether members are told that they are ``after`` now: APASS tells itself, a beginning is none."""
    return after not in (NEW, APASS)


@transaction.atomic
def tell_tier_moves(before: str, after: str, members: Sequence[int], *, at: datetime) -> int:
    """Tell who went from ``before`` to ``after`` at ``at`` and still is there; return how many are told now.

    The number of statements does not depend on how many they are, up to a thousand. A second call
    tells nobody.
    """
    people = User.objects.filter(
        member__in=list(members),
        member__tier=after,
        member__hidden_at=None,
        member__erased_at=None,
    )
    title, body, words, url = _news(before, after, at)
    return notify_many(
        people,
        KIND,
        title=title,
        body=body,
        words={"tier": Tier(after).label} | words,
        url=url,
        subject=SUBJECT,
        dedupe=at.isoformat(),
    )


def _news(before: str, after: str, at: datetime) -> tuple[object, object, dict[str, object], str]:
    """Return title, body, the words in them and where it leads."""
    if (before, after) == (NEW, NORMAL):
        return GUIDE_OVER, GUIDE_OVER_BODY, _numbers(at), STANDING
    if before != NEW and LADDER.index(after) < LADDER.index(before):
        return DOWN, DOWN_BODIES[after], _numbers(at), STANDING
    rights = gained(before, after, at)
    if not rights:
        return UP, UP_PLAIN, {}, PROMISES
    return UP, UP_BODY, {"brings": lazy(brought_words, str)(rights)}, PROMISES


def _numbers(at: datetime) -> dict[str, object]:
    numbers = rules_at(at).numbers
    return {"value": numbers.super_value, "credit": numbers.super_credit}
