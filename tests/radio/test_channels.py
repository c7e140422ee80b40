import pytest

from common.errors import DomainError, NotFound
from common.history import history_of
from radio.actions import (
    change_channel,
    close_channel,
    issue_feed_token,
    mark_read,
    mute_channel,
    open_channel,
    revoke_feed_token,
    select_case,
    subscribe,
    unsubscribe,
)
from radio.actions.feeds import hash_of
from radio.models import Case, Channel, Edition, FeedToken, Reading, Subscription
from tests.radio.conftest import at

NINE = "2026-11-20 09:00:00"


def names_for(user):
    return set(Channel.objects.visible_to(user).values_list("code", flat=True))


@pytest.mark.parametrize(
    ("who", "codes"),
    [
        ("he", {"fresh", "risk"}),  # listed
        ("ops", {"fresh", "risk"}),  # manages the radio
        ("bo", {"fresh"}),
        ("sen", {"fresh"}),
        ("wen", {"fresh"}),
        ("mei", set()),
        ("chen", set()),
        ("qiao", set()),
    ],
)
def test_a_private_channel_is_known_to_its_people_and_the_managers(
    fresh, secret, who, codes, request
):
    assert names_for(request.getfixturevalue(who)) == codes


def test_a_private_edition_and_its_case_are_as_private(
    secret, case, he, ops, lin, sen, bo, thursday
):
    secret.people.add(sen)
    select_case(case, channels=[secret], headline="坏了六成", by=sen, now=thursday)
    nine = at(NINE)
    readers = {
        user.username for user in (he, ops, lin, sen, bo) if Edition.objects.visible_to(user, nine)
    }
    assert readers == {"he", "ops", "sen"}
    knowing = {
        user.username for user in (he, ops, lin, sen, bo) if Case.objects.visible_to(user, nine)
    }
    assert knowing == {"he", "ops", "sen", "bo"}  # Bo pushed it


def test_subscribing_twice_keeps_one(fresh, he):
    subscribe(fresh, by=he)
    subscribe(fresh, by=he)
    assert Subscription.objects.filter(user=he).count() == 1


def test_subscribing_ends_the_silence(fresh, he):
    assert mute_channel(fresh, by=he).muted_at is not None
    assert subscribe(fresh, by=he).muted_at is None


def test_leaving_a_channel(fresh, he):
    subscribe(fresh, by=he)
    assert [unsubscribe(fresh, by=he), unsubscribe(fresh, by=he)] == [True, False]


@pytest.mark.parametrize("act", [subscribe, mute_channel, unsubscribe, issue_feed_token])
def test_a_private_channel_does_not_exist_for_others(secret, bo, act):
    with pytest.raises(NotFound):
        act(secret, by=bo)


@pytest.mark.parametrize("who", ["sen", "lin", "he", "wen", "bo", "mei"])
def test_only_operations_change_channels(fresh, who, request):
    by = request.getfixturevalue(who)
    for act in (
        lambda: open_channel(code="x", name="新", by=by),
        lambda: change_channel(fresh, name="旧", by=by),
        lambda: close_channel(fresh, by=by, reason="不要了"),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "radio.may_not_manage"


def test_a_change_of_channel_is_in_its_history(fresh, ops, he):
    change_channel(fresh, is_private=True, people=[he], by=ops)
    line = history_of(fresh).filter(action="channel.changed").get()
    assert (line.before["is_private"], line.after["is_private"]) == (False, True)
    assert line.after["people"] == [he.pk]


def test_a_channel_code_is_taken_once(fresh, ops):
    with pytest.raises(DomainError) as refused:
        open_channel(code="fresh", name="又一个", by=ops)
    assert refused.value.code == "channel.taken"


# --- reading ------------------------------------------------------------------------------------


def test_reading_is_noted_per_person(fresh, case, he, wen, sen, thursday):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    edition, nine = fresh.editions.get(), at(NINE)
    assert mark_read(edition, by=he, now=nine) == 1
    assert mark_read(edition, by=he, now=at("2026-11-20 10:00:00")) == 0
    assert Reading.objects.get(user=he).read_at == nine
    assert not Reading.objects.filter(user=wen).exists()


def test_only_the_stories_named_are_read(fresh, case, he, sen, thursday):
    select_case(case, channels=[fresh], headline="坏了六成", by=sen, now=thursday)
    assert mark_read(fresh.editions.get(), cases=[], by=he, now=at(NINE)) == 0


@pytest.mark.parametrize("moment", ["2026-11-20 08:59:59"])
def test_what_is_not_out_cannot_be_read(fresh, he, moment):
    with pytest.raises(NotFound):
        mark_read(fresh.editions.get(), by=he, now=at(moment))


# --- feed addresses -----------------------------------------------------------------------------


def test_a_secret_is_shown_once_and_kept_as_a_hash(fresh, he):
    token, secret = issue_feed_token(fresh, by=he)
    assert len(secret) >= 43
    assert token.token_hash == hash_of(secret) != secret
    assert secret not in str(list(history_of(token).values()))


def test_a_new_address_replaces_the_old_one(fresh, he):
    old, _ = issue_feed_token(fresh, by=he)
    new, _ = issue_feed_token(fresh, by=he)
    assert list(FeedToken.objects.filter(revoked_at=None)) == [new]
    assert old.pk != new.pk


def test_only_its_person_or_a_manager_revokes_an_address(fresh, he, bo, ops):
    token, _ = issue_feed_token(fresh, by=he)
    with pytest.raises(NotFound):
        revoke_feed_token(token, by=bo)
    assert revoke_feed_token(token, by=ops).revoked_at is not None
    assert [line.action for line in history_of(token)].count("feed_token.revoked") == 1
