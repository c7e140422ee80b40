"""What is tried small first, segments, promises used, and a case that waits for a second person."""

from datetime import datetime, timedelta

from accounts.actions.segments import make_segment
from accounts.models import Member, Tier
from apass.actions import (
    EntitlementDraft,
    RuleDraft,
    SegmentDraft,
    add_guardrail,
    add_stage,
    approve_stage,
    open_rollout,
    propose_stage,
    publish_entitlement,
    publish_rule,
    redeem,
)
from apass.models import Rollout
from apass.rollouts import rules
from apass.rollouts.deciding import member_subject
from apass.rollouts.exposures import Noted, write
from apass.rollouts.snapshot import read_plan
from config.demo import talks
from config.demo.world import World
from tickets.actions.harassment import mark_harassment
from tickets.models import Grade, Ground, Message
from trade.models import Order, OrderStatus

CODE = "fresh-no-return"
PILOTS = 12


def trials(world: World) -> None:
    """Try paying back spoilt fresh goods at once: pilots for a week, then a share, some kept outside."""
    began, widened = world.now - timedelta(days=28), world.now - timedelta(days=21)
    rollout = _begin(world, began)
    _widen(world, rollout, began)
    _meet(world, rollout, began)
    _widen(world, rollout, widened)
    _meet(world, rollout, widened)
    segments(world)
    used(world)


def _begin(world: World, began: datetime) -> Rollout:
    ops = world.people["bailu"]
    why = "坏单包退里九成是生鲜，先给一部分会员试当场退"
    rollout = open_rollout(
        CODE,
        "生鲜坏单免退",
        kind="entitlement",
        subject_kind="member",
        holdout_share=1_500,
        by=ops,
        now=began,
    )
    pilots = [one.member_no for one in world.members if one.tier == Tier.APASS]
    pilots += [one.member_no for one in world.members if one.tier == Tier.SUPER][:PILOTS]
    stages: tuple[tuple[str, dict[str, object]], ...] = (
        ("体验官", {"kind": rules.NAMED, "numbers": pilots}),
        ("三成会员", {"kind": rules.SHARE, "share": 3_000}),
        ("超级会员以上", {"kind": rules.TIERS, "tiers": [Tier.SUPER, Tier.VIP88, Tier.APASS]}),
        ("全部会员", {"kind": rules.EVERYBODY}),
    )
    for name, given in stages:
        add_stage(rollout, name, **given, by=ops, reason=why, now=began)  # type: ignore[arg-type]
    add_guardrail(
        rollout,
        "contacts_per_member",
        direction=rules.AT_MOST,
        threshold=3,
        window=timedelta(days=14),
        smallest=30,
        by=ops,
        reason="找人的次数不能翻倍",
        now=began,
    )
    publish_entitlement(
        EntitlementDraft(
            code=CODE,
            kind="no_return_refund",
            name_zh="生鲜坏单免退",
            name_en="Fresh goods: no return",
            promise_zh="生鲜坏了拍照就退，不用寄回。",
            promise_en="If fresh goods are spoilt, a photo is enough; nothing goes back.",
            parameters={"categories": ["生鲜"], "amount": "200.00"},
            effective_from=began,
            rollout_code=CODE,
        ),
        by=ops,
        reason=why,
        now=began,
    )
    publish_rule(
        RuleDraft(code=CODE, segment=SegmentDraft(says_everybody=True), effective_from=began),
        by=ops,
        reason=why,
        now=began,
    )
    return rollout


def _widen(world: World, rollout: Rollout, at: datetime) -> None:
    propose_stage(rollout, by=world.people["bailu"], reason="上一步的指标正常", now=at)
    approve_stage(rollout, by=world.people["root"], reason="看过快照，可以放开", now=at)
    rollout.refresh_from_db()


def _meet(world: World, rollout: Rollout, at: datetime) -> None:
    """Let everybody look at their promises within two days of the step."""
    plan, noted = read_plan(rollout), []
    for member in world.members:
        subject = member_subject(member)
        met = at + timedelta(hours=world.dice.uniform(1, 47))
        decision = rules.decide(plan, subject, met)
        if decision.arm:
            noted.append(Noted(rollout.pk, subject.key, decision.arm, decision.stage, met))
    write(noted)


def segments(world: World) -> None:
    """Name whom operations ask for again and again."""
    ops = world.people["bailu"]
    for code, name, conditions, why in (
        ("regulars", "常客", {"value_from": 600, "orders_from": 8}, "回访和新品试用从这里挑"),
        (
            "led_now",
            "正被带路的新会员",
            {"guided": True, "orders_to": 2},
            "带路党每天早上看这一群",
        ),
        (
            "nearly_super",
            "快到超级会员",
            {"tiers": [Tier.NORMAL], "value_from": 600},
            "再买一点就升级的人，活动先告诉他们",
        ),
    ):
        make_segment(code, name, conditions, by=ops, reason=why, now=world.now)


def used(world: World) -> None:
    """Let two promises have been used today and last week."""
    ada = Member.objects.get(user=world.people["ada"])
    received = Order.objects.filter(
        member=ada, status__in=(OrderStatus.SIGNED, OrderStatus.FINISHED)
    ).order_by("-paid_at")
    agent = world.people["xuqinghe"]
    for code, order, hours in (
        ("return-card", received[0], 2),
        ("quick-refund", received[1], 150),
    ):
        redeem(
            ada,
            code,
            subject_key=f"order:{order.order_no}",
            key=f"demo {code}",
            by=agent,
            reason="尺寸不合适，客人要退",
            now=world.now - timedelta(hours=hours),
        )


def mark_threat(world: World) -> None:
    """Let the agent mark the threat, and leave it to be decided by a second person."""
    talk = next(one for one in world.conversations if one.subject == talks.THREAT[0])
    line = Message.objects.filter(conversation=talk, author_kind="member").latest("seq")
    mark_harassment(
        talk,
        grade=Grade.END,
        ground=Ground.THREAT,
        reason="说要到公司门口堵我，之前已经劝过一次",
        quotes=[line.seq],
        by=world.people["guchen"],
        now=world.now - timedelta(seconds=40),
    )
