"""Members hear that their tier moved: up with what it brings, down plainly, once, after the run."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import OrmQ

from accounts.actions import begin_guide, end_guides, end_title, grant_title
from accounts.models import CreditBand, Member, Notification, Role, Tier, TierTitle
from apass import actions, tasks
from apass.actions import publish_entitlement, publish_rule
from apass.actions.tier_news import is_news
from apass.entitlements.queries import gained
from apass.receivers import TELL
from tests.apass.conftest import codes, entitlement, period, rule
from tests.conftest import member, person
from tests.standing.casts import NOW, buy, run

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("packages")]
OCTOBER = datetime(2026, 10, 15, 4, 0, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 8, 4, 0, tzinfo=UTC)
A_MONTH = timedelta(days=31)


def tell_all() -> int:
    """Do what the queue holds, as the worker would; return how many were told."""
    told = 0
    for row in OrmQ.objects.order_by("pk"):
        task = row.task
        if task["func"] == TELL:
            told += tasks.tell_tier_moves(*task["args"])
        row.delete()
    return told


def told(user) -> Notification:
    return Notification.objects.get(person=user, kind="standing.tier")


def rich(user, shop, at: datetime = OCTOBER) -> None:
    for n in range(3):
        buy(user.member, shop, f"R{user.pk}-{n}", at - A_MONTH * n, "10000.00")


def test_going_up_is_told_after_the_run_with_what_it_brings(mei, chen, shop):
    run()
    rich(mei, shop)
    run(NOW + timedelta(hours=1))
    assert not Notification.objects.exists()
    assert tell_all() == 1
    assert told(mei).title == "您现在是超级会员"
    assert "极速退款 最多 ¥800" in told(mei).body
    assert "限时首次回复 60秒内" in told(mei).body
    assert told(mei).url == "/me/promises/"
    assert not Notification.objects.filter(person=chen).exists()


def test_it_is_said_in_the_language_of_the_member(mei, shop):
    mei.language = "en"
    mei.save()
    run()
    rich(mei, shop)
    run(NOW + timedelta(hours=1))
    tell_all()
    assert told(mei).title == "You are Super now"
    assert "Quick refund up to ¥800" in told(mei).body


def test_going_down_is_told_with_what_would_raise_it(mei, shop):
    """Orders of thirteen months ago cease to count on the recompute day."""
    rich(mei, shop, datetime(2026, 1, 10, 4, 0, tzinfo=UTC))
    Member.objects.update(tier=Tier.SUPER)
    run()
    run(DECEMBER)
    tell_all()
    assert told(mei).title == "您的等级从现在起是普通会员"
    assert "1000" in told(mei).body
    assert told(mei).url == "/me/standing/"


def test_an_end_of_88vip_says_what_keeps_the_rest(mei, shop):
    rich(mei, shop)
    grant_title(
        mei.member, Tier.VIP88, since=NOW, until=NOW + A_MONTH, source_key="S1", by=None,
        reason="买的", now=NOW,
    )  # fmt: skip
    run()
    end_title(TierTitle.objects.get(), by=None, reason="退了", now=NOW + timedelta(days=1))
    run(DECEMBER)
    tell_all()
    assert told(mei).title == "您的等级从现在起是超级会员"


def test_the_end_of_the_guide_party_is_told(chen):
    Member.objects.update(registered_at=NOW - timedelta(days=5))
    chen.member.refresh_from_db()
    begin_guide(chen.member, now=NOW)
    run()
    assert tell_all() == 0
    end_guides(NOW + timedelta(days=90))
    assert tell_all() == 1
    assert told(chen).title == "带路党送您到这里了"


def test_nobody_is_told_twice_nor_of_what_is_over(mei, shop):
    run()
    rich(mei, shop)
    run(NOW + timedelta(hours=1))
    args = OrmQ.objects.get().task["args"]
    assert tasks.tell_tier_moves(*args) == 1
    assert tasks.tell_tier_moves(*args) == 0
    Notification.objects.all().delete()
    Member.objects.update(tier=Tier.NORMAL)
    assert tasks.tell_tier_moves(*args) == 0


def test_a_beginning_and_becoming_apass_are_no_news_of_this_kind(mei, ada, shop):
    """The first run finds where everybody stands; APASS tells its own."""
    rich(mei, shop)
    run()
    assert not OrmQ.objects.exists()
    grant_title(
        mei.member, Tier.APASS, since=NOW, until=NOW + A_MONTH, source_key="S1", by=None,
        reason="受邀", now=NOW,
    )  # fmt: skip
    assert not OrmQ.objects.exists()


@pytest.mark.parametrize("tier", Tier.values)
def test_whether_it_is_news_follows_from_where_one_is_now(tier):
    assert is_news(tier) == (tier not in {"new", "apass"})


@pytest.fixture
def all_kinds(db):
    """A normal and a super member of every credit band, so that no rule means nobody."""
    for number, (tier, band) in enumerate(product(("normal", "super"), CreditBand.values)):
        made = Member.objects.create(
            member_no=f"M4000{number:04}", display_name=band, tier=tier, registered_at=OCTOBER
        )
        period(made, tier, OCTOBER, band=band)


def test_what_only_some_credit_brings_is_not_told_as_gained(ops, all_kinds):
    """A super member of poor credit would wait for tea in vain."""
    publish_entitlement(entitlement(effective_from=NOW), by=ops, reason="茶", now=NOW)
    given = rule(tiers=("super",), bands=("good", "excellent"), effective_from=NOW)
    publish_rule(given, by=ops, reason="茶", now=NOW)
    assert "tea" not in codes(gained("normal", "super", NOW))
    assert "quick-refund" in codes(gained("normal", "super", NOW))
    for_others = rule(tiers=("super",), bands=("fair", "poor"), effective_from=NOW)
    publish_rule(replace(for_others, rank=2), by=ops, reason="都有茶", now=NOW)
    assert "tea" in codes(gained("normal", "super", NOW))


def test_what_some_had_before_is_not_told_as_gained(ops, all_kinds):
    publish_entitlement(entitlement(effective_from=NOW), by=ops, reason="茶", now=NOW)
    for number, given in enumerate(
        ({"tiers": ("super",)}, {"tiers": ("normal",), "bands": ("fair",)})
    ):
        draft = rule(**given, effective_from=NOW)
        publish_rule(replace(draft, rank=number + 1), by=ops, reason="茶", now=NOW)
    assert "tea" not in codes(gained("normal", "super", NOW))


def test_what_becomes_less_is_not_told_as_gained(db):
    assert "quick-refund" in codes(gained("super", "vip88", NOW))
    assert "quick-refund" not in codes(gained("vip88", "super", NOW))


def test_who_is_hidden_is_told_nothing(mei):
    Member.objects.update(tier=Tier.SUPER, hidden_at=NOW)
    assert actions.tell_tier_moves("normal", "super", [mei.member.pk], at=NOW) == 0


def test_many_are_told_in_as_many_statements_as_few(mei):
    people = [person(f"p{n}", f"人{n}", Role.MEMBER) for n in range(20)]
    for n, one in enumerate(people):
        member(one, f"M3000{n:04}", Tier.SUPER, f"1350000{n:04}")
    keys = list(Member.objects.filter(tier=Tier.SUPER).values_list("pk", flat=True))

    def statements(some: list[int], at: datetime) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert actions.tell_tier_moves("normal", "super", some, at=at) == len(some)
        return len(asked)

    few = statements(keys[:2], NOW)
    assert statements(keys, NOW + timedelta(seconds=1)) == few
