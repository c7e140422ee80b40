"""The guide party, second accounts of one person, and titles that are bought or offered."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.actions import (
    begin_guide,
    begin_guides,
    digest_of,
    end_guides,
    end_title,
    grant_title,
    note_marks,
    upkeep,
)
from accounts.models import Guide, MarkKind, MemberMark, Tier
from accounts.standing.queries import tier_at
from common.errors import DomainError, Forbidden
from common.models import Event
from tests.standing.casts import NOW, run

pytestmark = pytest.mark.django_db


def newly(user, days: float = 0):
    """Let a member have registered ``days`` before now."""
    user.member.registered_at = NOW - timedelta(days=days)
    user.member.save()
    return user.member


def tier(user) -> str:
    user.member.refresh_from_db()
    return user.member.tier


def test_a_new_member_is_led_by_the_hand(mei):
    guide = begin_guide(newly(mei), now=NOW)
    assert (tier(mei), guide.began_at) == (Tier.NEW, NOW)
    assert begin_guide(mei.member, now=NOW).pk == guide.pk
    assert Event.objects.filter(action="guide.began").count() == 1


def test_members_of_a_file_are_led_as_well(mei, chen):
    newly(mei, 5)
    newly(chen, 200)
    assert begin_guides(NOW) == 1
    assert (tier(mei), tier(chen)) == (Tier.NEW, Tier.NORMAL)


def test_the_guide_lasts_through_its_90th_day_and_not_into_the_91st(mei):
    member = newly(mei)
    begin_guide(member, now=NOW)
    ends = datetime(2027, 2, 28, 16, 0, tzinfo=UTC)  # 24:00 of 28 February in Shanghai: day 90
    assert end_guides(ends - timedelta(seconds=1)) == 0
    assert tier(mei) == Tier.NEW
    assert end_guides(ends) == 1
    assert tier(mei) == Tier.NORMAL
    assert Guide.objects.get().ended_at == ends


def test_who_registered_long_ago_is_not_led(mei):
    assert begin_guide(newly(mei, 120), now=NOW) is None
    assert not Guide.objects.exists()


@pytest.mark.parametrize("kind", MarkKind.values)
def test_a_second_account_on_one_thing_is_not_led_twice(kind, mei, chen):
    newly(chen, 30)
    begin_guide(newly(mei), now=NOW)
    assert note_marks([(chen.member.pk, kind, "A 1")], now=NOW) == 0
    assert note_marks([(mei.member.pk, kind, " a1")], now=NOW) == 1
    guide = Guide.objects.get(member=mei.member)
    assert (guide.doubled_with, guide.doubled_by) == (chen.member, kind)
    assert tier(mei) == Tier.NORMAL
    assert Event.objects.filter(action="guide.doubled").count() == 1


def test_the_older_account_stays_led(mei, chen):
    begin_guide(newly(mei, 10), now=NOW)
    begin_guide(newly(chen, 1), now=NOW)
    note_marks([(mei.member.pk, "device", "x"), (chen.member.pk, "device", "x")], now=NOW)
    assert (tier(mei), tier(chen)) == (Tier.NEW, Tier.NORMAL)


def test_the_older_account_may_be_seen_with_it_later(mei, chen):
    newly(chen, 30)
    begin_guide(newly(mei), now=NOW)
    note_marks([(mei.member.pk, "payer", "p")], now=NOW)
    assert note_marks([(chen.member.pk, "payer", "p")], now=NOW) == 1
    assert tier(mei) == Tier.NORMAL


def test_only_a_digest_is_kept(mei):
    note_marks([(mei.member.pk, "address", "浙江省杭州市西湖区 1 号")], now=NOW)
    mark = MemberMark.objects.get()
    assert bytes(mark.digest) == digest_of("address", "浙江省杭州市西湖区1号")
    assert len(mark.digest) == 32


def test_the_same_thing_of_another_kind_is_another_thing(mei, chen):
    newly(chen, 30)
    begin_guide(newly(mei), now=NOW)
    note_marks([(chen.member.pk, "device", "x"), (mei.member.pk, "payer", "x")], now=NOW)
    assert tier(mei) == Tier.NEW


def title(user, tier="vip88", **fields):
    given = {
        "since": NOW, "until": NOW + timedelta(days=365), "source_key": "order 1", "by": None,
        "reason": "买了一年", "now": NOW,
    } | fields  # fmt: skip
    return grant_title(user.member, tier, **given)


def test_a_title_moves_the_tier_at_once_and_is_given_once(mei):
    assert title(mei) == title(mei)
    assert tier(mei) == Tier.VIP88


def test_a_sale_gives_one_member_a_title_and_no_other(mei, chen):
    title(mei)
    with pytest.raises(DomainError) as refused:
        title(chen)
    assert refused.value.code == "title.source_used"
    assert tier(chen) == Tier.NORMAL


def test_a_title_that_begins_later_moves_the_tier_later(mei):
    run(NOW - timedelta(hours=1))
    title(mei, since=NOW + timedelta(days=1))
    assert tier(mei) == Tier.NORMAL
    upkeep(NOW + timedelta(days=1))
    assert tier(mei) == Tier.VIP88


def test_a_title_that_ended_holds_until_the_next_8th(mei):
    run()
    ended = title(mei)
    end_title(ended, by=None, reason="退款", now=NOW + timedelta(days=1))
    run(NOW + timedelta(days=2))
    assert tier(mei) == Tier.VIP88
    run(datetime(2026, 12, 8, 4, 0, tzinfo=UTC))
    assert tier(mei) == Tier.SUPER
    assert tier_at(mei.member, NOW + timedelta(days=3)) == Tier.VIP88
    assert tier_at(mei.member, NOW - timedelta(days=1)) == Tier.NORMAL


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"tier": "super"}, "title.unknown"),
        ({"until": NOW}, "title.backwards"),
        ({"since": NOW - timedelta(days=9), "until": NOW - timedelta(days=1)}, "title.over"),
        ({"reason": ""}, "title.no_reason"),
        ({"until": datetime(9999, 12, 31, tzinfo=UTC)}, "title.too_long"),
    ],
)
def test_a_title_that_cannot_be_is_refused(mei, fields, code):
    with pytest.raises(DomainError) as refused:
        title(mei, **fields)
    assert refused.value.code == code
    assert tier(mei) == Tier.NORMAL


def test_nobody_but_operations_gives_titles(mei, lin):
    with pytest.raises(Forbidden):
        title(mei, by=lin)
