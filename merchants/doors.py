"""The merchants' doors on the front page, each with what waits behind it now."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.doors import Door, Fact, open_door
from accounts.models import User
from merchants.models import Appeal, AppealState, Violation, ViolationState
from merchants.rulebook.reading import draft_list


def cases_fact(user: User) -> Fact | None:
    """Say how many cases wait for a word of the shop's."""
    now = timezone.now()
    told = Violation.objects.told_to(user)
    waiting = told.filter(
        state=ViolationState.NOTICED, statement_due_at__gt=now, statement=None
    ).count()
    papers = Appeal.objects.filter(
        penalty__violation__in=told, state=AppealState.SENT_BACK, due_at__gt=now
    ).count()
    if not waiting + papers:
        return None
    words = ngettext("%(n)s waits for you", "%(n)s wait for you", waiting + papers)
    return Fact(badge=words % {"n": waiting + papers}, kind="warn")


def rules_fact(user: User) -> Fact | None:
    """Say how many drafts one may still say something of: the entry to open consultations."""
    drafts = [one for one in draft_list(user, timezone.now()) if one["is_open"]]
    unsaid = sum(not one["has_said"] for one in drafts)
    if unsaid:
        words = ngettext(
            "%(n)s draft asks for your voice", "%(n)s drafts ask for your voice", unsaid
        )
        return Fact(badge=words % {"n": unsaid}, kind="warn")
    return Fact(badge=_("all said")) if drafts else None


open_door(
    Door(
        key="shop-cases",
        url="/shop/violations/",
        title=gettext_lazy("Cases of my shop"),
        line=gettext_lazy("What is said, by which rule, what restores; state and appeal here"),
        icon="scale",
        right="shop.use",
        place=31,
        fact=cases_fact,
    )
)
open_door(
    Door(
        key="shop-rules",
        url="/shop/rules/",
        title=gettext_lazy("Drafts and rules"),
        line=gettext_lazy("Say what you think of a draft before it becomes a rule"),
        icon="document",
        right="shop.use",
        place=32,
        fact=rules_fact,
    )
)
