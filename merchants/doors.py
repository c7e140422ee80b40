"""The merchants' doors on the front page, each with what waits behind it now."""

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.doors import Door, Fact, open_door
from accounts.models import User
from merchants.home.todo import running_out
from merchants.models import Appeal, AppealState, Violation, ViolationState
from merchants.queries.home import own_shops, todo_of
from merchants.rulebook.reading import draft_list

SHOPS_LOOKED_AT = 5


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


def shop_fact(user: User) -> Fact | None:
    """Say how many things run out within a day in the first shops one works for."""
    now = timezone.now()
    shops = own_shops(user)[:SHOPS_LOOKED_AT]
    ending = sum(running_out(todo_of(shop, now), now) for shop in shops)
    if not ending:
        return None
    words = ngettext("%(n)s thing runs out", "%(n)s things run out", ending) % {"n": ending}
    return Fact(badge=words, kind="warn")


open_door(
    Door(
        key="shop",
        url="/shop/",
        title=gettext_lazy("My shop"),
        line=gettext_lazy(
            "Where it stands and why, what to do by when, penalties, drafts of rules"
        ),
        icon="shop",
        right="shop.use",
        place=30,
        fact=shop_fact,
    )
)
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
