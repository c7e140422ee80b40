"""The door to the merchants' front, with what runs out behind it."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.doors import Door, Fact, open_door
from accounts.models import User
from merchants.home.todo import running_out
from merchants.queries.home import own_shops, todo_of

SHOPS_LOOKED_AT = 5


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
        title=_("My shop"),
        line=_("Where it stands and why, what to do by when, penalties, drafts of rules"),
        icon="shop",
        right="shop.use",
        place=30,
        fact=shop_fact,
    )
)
