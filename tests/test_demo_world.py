"""What the demo world holds, built once for all of these tests: true to its orders and to its own rules."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.db.models import Count, F, Max
from django_q.models import OrmQ

from accounts.models import Guide, Member, PopulationDay, Segment, User
from accounts.queries import demo_people
from apass.entitlements import catalogue
from apass.entitlements.queries import entitlements_of
from apass.membership.queries import assignment_at, figures_now, needs_at
from apass.membership.rules import missing
from apass.models import Exposure, Membership, Redemption, Rollout
from config.demo import talks, world
from config.demo.build import build
from radio.models import Edition
from tests.test_demo import NOW, make_small, open_house
from tickets.models import Conversation, HarassmentCase, Message, State
from trade.models import Product
from trade.queries import product_facts
from trade.standing.runs import differences, settle_now
from workforce.models import AgentSkill, Team

pytestmark = pytest.mark.django_db
PLAYED = ("zhouxiaoning", "ada", "chenyu", "linxi")
TITLED = ("super", "vip88", "apass")


@pytest.fixture(scope="module", autouse=True)
def built(django_db_setup, django_db_blocker, tmp_path_factory):
    """Build the world once and take it back when these tests are through."""
    with pytest.MonkeyPatch.context() as patched, django_db_blocker.unblock():
        patched.setattr(settings, "DATA_DIR", tmp_path_factory.mktemp("demo"))
        make_small(patched)
        with transaction.atomic():
            open_house()
            build(NOW)
            yield
            transaction.set_rollback(True)
    catalogue.forget()


def test_the_world_holds_together(built):
    assert Conversation.objects.filter(state=State.WAITING).count() == 8
    assert Conversation.objects.filter(state=State.OPEN, owner__username="xuqinghe").count() == 4
    counted = Conversation.objects.annotate(
        said=Count("messages__seq"), top=Max("messages__seq")
    ).exclude(said=F("last_seq"), top=F("last_seq"))
    assert not counted.exists()
    assert Edition.objects.filter(publish_at__lte=NOW, aired_at=None).count() == 0
    assert Edition.objects.filter(publish_at__gt=NOW).exists()
    for message in Message.objects.filter(kind="product_card"):
        product = Product.objects.get(product_no=message.payload["product_no"])
        assert message.payload == product_facts(product)
        assert message.conversation.order.product == product.title
    assert not OrmQ.objects.exists()
    assert Member.objects.get(user__username="ada").tier == "apass"
    assert User.objects.get(username="bailu").check_password(world.demo_password())


def test_what_is_said_is_true_of_the_order(built):
    for talk in Conversation.objects.filter(order__isnull=False).select_related("order"):
        shipped, signed = talk.order.shipped_at, talk.order.signed_at
        match talks.SPOKEN_WHEN.get(talk.subject):
            case talks.UNSHIPPED:
                assert shipped is None or shipped > talk.opened_at
            case talks.UNDERWAY:
                assert shipped <= talk.opened_at
                assert signed is None or signed > talk.opened_at
            case talks.RECEIVED:
                assert signed <= talk.opened_at


def test_the_sign_ins_are_printed(built):
    out = StringIO()
    call_command("demo_signins", stdout=out)
    assert "xuqinghe" in out.getvalue()
    assert world.demo_password() in out.getvalue()


def test_everybody_stands_where_their_orders_and_invitations_put_them(built):
    faces = dict(
        Member.objects.filter(user__username__in=PLAYED).values_list("user__username", "tier")
    )
    assert faces == {"zhouxiaoning": "super", "ada": "apass", "chenyu": "new", "linxi": "vip88"}
    assert not [one for one in differences(NOW) if one.rows]
    # The next recompute day takes nothing from anybody: what is shown was earned.
    before = dict(Member.objects.values_list("pk", "tier"))
    run = settle_now(NOW + timedelta(days=19))
    assert run is not None
    lower = [
        (pk, before[pk], tier)
        for pk, tier in Member.objects.values_list("pk", "tier")
        if before[pk] in TITLED and tier != before[pk]
    ]
    assert lower == []
    assert Guide.objects.get(member__user__username="chenyu").completed == 1
    assert PopulationDay.objects.count() > 15


def test_apass_is_a_life_with_people_behind_it(built):
    ada = Member.objects.get(user__username="ada")
    membership = Membership.objects.get(member=ada)
    assert membership.state == "active"
    assert membership.invited_at
    assert membership.activated_at
    assert missing(figures_now(ada, NOW), needs_at(NOW)) == []
    named = assignment_at(ada, NOW)
    assert named
    assert {named.manager.username, named.deputy.username} == {"xuqinghe", "jiangbanxia"}
    assert Redemption.objects.filter(member=ada).count() == 2
    assert set(Membership.objects.values_list("state", flat=True)) >= {"candidate", "active"}


def test_a_service_is_tried_on_a_share_and_some_are_kept_outside(built):
    rollout = Rollout.objects.get()
    stage = rollout.stages.get(position=rollout.reached)
    assert (rollout.state, stage.kind, stage.share) == ("running", "share", 3_000)
    arms = set(Exposure.objects.filter(rollout=rollout).values_list("arm", flat=True))
    assert arms == {"treated", "holdout", "control"}
    treated = Exposure.objects.filter(rollout=rollout, arm="treated").values_list(
        "subject", flat=True
    )
    someone = Member.objects.get(pk=treated[0].partition(":")[2])
    assert "fresh-no-return" in {one.code for one in entitlements_of(someone, NOW)}


def test_those_who_serve_have_hours_skills_and_a_partner(built):
    night = Team.objects.get(code="night").calendar
    day = Team.objects.get(code="digital").calendar
    assert night
    assert night.intervals.filter(closes__gt=1440).exists()
    assert day
    assert day.intervals.filter(day=0).count() == 2
    assert day.intervals.filter(day=7).exists()
    assert day.exceptions.exists()
    partner = User.objects.get(username="sunmiao")
    assert list(Team.objects.visible_to(partner).values_list("code", flat=True)) == ["yunfan"]
    waiting = Conversation.objects.visible_to(partner).filter(state=State.WAITING)
    assert waiting.count() == 2
    assert AgentSkill.objects.filter(level=5).exists()
    assert HarassmentCase.objects.to_confirm().get().grade == 3
    assert Segment.objects.count() == 3


def test_one_can_play_every_role_and_a_member_of_every_tier(built):
    played = {person.username: words for person, words in demo_people()}
    assert {"xuqinghe", "luyao", "sunmiao", "bailu", *PLAYED} <= set(played)
    assert played["linxi"].endswith("88VIP")
