"""A new talk waits where the member's package and manager say, and the manager is told."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Member, Notification, Tier
from apass.actions import assign_manager, publish_package
from apass.entitlements import catalogue
from apass.entitlements.offers import promises_card
from apass.models import Entitlement
from apass.queries import served_with
from common.parameters import value
from tests.apass.casts import WHY, active
from tests.apass.test_publish import package
from tickets.actions.conversations import open_conversation
from workforce.models import Team, TeamMembership

pytestmark = pytest.mark.usefixtures("packages", "team", "other_team")


def opened(user, **also):
    return open_conversation(
        user.member, **{"medium": "app", "body": "在吗", "by": user} | also
    ).conversation


@pytest.fixture
def jewels(ops, mei):
    """Normal members are served by the jewelry team, second in the queue."""
    now = timezone.now()
    return publish_package(
        package(team_code="jewelry", queue_priority=2, effective_from=now),
        by=ops,
        reason="试",
        now=now,
    )


def test_a_package_names_the_queue_and_the_place_in_it(jewels, mei, team):
    talk = opened(mei)
    assert (talk.team.code, talk.priority) == ("jewelry", 2)
    Team.objects.filter(code="jewelry").update(is_active=False)
    other = opened(mei, shop=None, order=None)
    assert other == talk  # a live talk goes on where it is


def test_a_team_that_is_gone_leaves_it_to_the_default_one(jewels, mei, team):
    Team.objects.filter(code="jewelry").update(is_active=False)
    talk = opened(mei)
    assert (talk.team, talk.priority) == (team, 2)


def test_a_team_that_was_asked_for_counts_first(jewels, mei, team):
    assert opened(mei, team=team).team == team


def test_without_a_package_it_is_as_it_was(ada, team):
    talk = opened(ada)
    assert (talk.team, talk.priority) == (team, value("tier.queue_priority.apass"))


def test_how_a_member_is_served_is_one_query(jewels, mei, monkeypatch):
    monkeypatch.setattr(catalogue, "_RECHECK_SECONDS", 3600.0)
    served_with(mei.member)
    with CaptureQueriesContext(connection) as asked:
        served = served_with(mei.member)
    assert (served.priority, served.team_code) == (2, "jewelry")
    assert len(asked) == 1


@pytest.fixture
def looked_after(mei, dora, lin, ops, other_team):
    """Dora, of the jewelry team, looks after Mei; Lin stands in."""
    now = timezone.now() - timedelta(hours=1)
    assign_manager(active(mei, now), manager=dora, deputy=lin, by=ops, reason=WHY, now=now)
    return mei


def told(user):
    return [str(row.title) for row in Notification.objects.filter(person=user, kind="apass.care")]


def test_who_looks_after_a_member_gets_the_talk_into_their_queue_and_is_told(
    looked_after, dora, lin, other_team
):
    assert opened(looked_after).team == other_team
    assert len(told(dora)) == 2  # named, and now somebody waits
    assert told(lin) == []


def test_the_deputy_gets_it_while_the_manager_is_away(looked_after, dora, lin, team):
    dora.agent_status.presence = "break"
    dora.agent_status.save()
    assert opened(looked_after).team == team
    assert len(told(lin)) == 1


def test_of_several_teams_of_the_manager_the_package_chooses(
    looked_after, dora, team, ops, other_team
):
    TeamMembership.objects.create(team=team, user=dora)
    now = timezone.now()
    Member.objects.filter(pk=looked_after.member.pk).update(tier=Tier.APASS)
    publish_package(
        package(
            code="best", rank=0, segment=package().segment.__class__(tiers=("apass",)),
            team_code=other_team.code, effective_from=now,
        ),
        by=ops, reason="试", now=now,
    )  # fmt: skip
    assert opened(looked_after).team == other_team


def test_a_promise_says_the_number_that_holds(newcomer):
    card = next(
        one for one in promises_card(newcomer, timezone.now()) if one["code"] == "worry-free-return"
    )
    assert card["promise"] == "7天内不用说原因就能退，运费我们出。"
    Entitlement.objects.filter(code="worry-free-return").update(
        parameters={"days": 15, "freight": "25.00"}
    )
    card = next(
        one for one in promises_card(newcomer, timezone.now()) if one["code"] == "worry-free-return"
    )
    assert card["promise"].startswith("15天内")
