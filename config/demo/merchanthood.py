"""What befell the shops of the demo world: ratings, scores day by day, cases, an appeal, a draft of a rule."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from accounts.models import Role
from common.calendars import is_workday
from config.demo.world import DAYS, SEED, World
from merchants.actions import count_day, hold_all_ratings, store_ratings
from merchants.actions.appeals import file_appeal, rule_appeal
from merchants.actions.consultations import open_consultation, say_of_draft
from merchants.actions.dsr import compare_peers
from merchants.actions.experience import bring_experience_up_to_date
from merchants.actions.goodwill import (
    answer_gesture,
    fulfil_gesture,
    offer_gesture,
    set_goodwill_plan,
)
from merchants.actions.invites import invite_named
from merchants.actions.key_accounts import assign_manager
from merchants.actions.penalties import begin_penalty, decide_violation
from merchants.actions.rule_review import answer_gate
from merchants.actions.rulebook import Wording, add_rule, draft_version, send_to_review
from merchants.actions.violations import detect_violation, send_notice
from merchants.goodwill.registry import talks_of
from merchants.models import (
    GestureKind,
    Merchant,
    Penalty,
    Rating,
    Rule,
    RuleState,
    RuleVersion,
    Shop,
    StaffAccount,
    StaffRight,
)
from trade.models import Order
from trade.rules import succeeded_at

PLAYED_SHOP = "岭上鲜果旗舰店"
DAY = timedelta(days=1)
ROUND = "demo_ratings"

LAWS = (
    # code, family, title, class, points, text
    ("late-shipping", "trade", "延迟发货", "A", ("3",),
     "第一条 商家应当在买家付款后四十八小时内发货，生鲜二十四小时内发货。\n第二条 延迟发货的，每次扣三分。\n第三条 不可抗力已经报备的除外。"),
    ("misdescription", "listing", "描述不符", "A", ("3", "6", "12"),
     "第一条 商品页面的描述应当与商品相符。\n第二条 描述与商品不符的，视情节每次扣三分、六分或者十二分。"),
    ("spam-listing", "listing", "滥发信息", "A", ("0.2",),
     "第一条 同一件商品不得重复发布。\n第二条 重复发布的，每件扣零点二分，三天之内不超过七分。"),
)  # fmt: skip

HAPPY = (
    "很新鲜，和描述的一样。",
    "客服回得快，第二次买了。",
    "包装仔细，没有坏的。",
    "家里人都说好。",
    "",
)
MIDDLING = ("一般般，有几个小的。", "东西可以，就是慢。", "")
UNHAPPY = (
    "问了三遍，每次回的一个字都不差，是不是复制的？",
    "到的时候坏了一半，照片发了没人理。",
    "物流停了三天，水果都软了。",
)

STAFF = (
    # account, name, shop, rights; the first one can be played
    ("qiaomu", "乔木", PLAYED_SHOP, tuple(StaffRight.values)),
    ("luzhen", "鲁珍", "木里茶器", ("answer", "vote")),
    ("haisheng", "海生", "潮汐海产专营店", ("vote",)),
    ("muge", "牧歌", "北纬牧场旗舰店", ("vote",)),
    ("xiaoman", "小满", "小满家母婴", ("vote",)),
)


def merchants(world: World) -> None:
    """Let the shops live through the days of the world."""
    employ(world)
    rated(world)
    managers(world)
    laws(world)
    cases(world)
    draft(world)
    soothed(world)


def employ(world: World) -> None:
    """Let people work for some of the merchants; they were made with everybody else."""
    for account, _name, shop, rights in STAFF:
        StaffAccount.objects.create(
            user=world.people[account],
            merchant=_merchant(world, shop),
            rights=list(rights),
            since=world.now - 200 * DAY,
        )


def rated(world: World) -> None:
    """Let buyers rate two of three orders, and count every day of the world."""
    dice = random.Random(f"{SEED} ratings")
    likes = {shop.pk: dice.uniform(4.4, 4.9) for shop in world.shops}
    rows = [row for order in _received(world) if (row := _rating(world, order, likes, dice))]
    with connection.cursor() as cursor:
        hold_all_ratings(cursor)
        cursor.execute(
            f"CREATE TEMP TABLE {ROUND} (id uuid, order_no text, member_id bigint, shop_id bigint, "
            "succeeded_at timestamptz, rated_at timestamptz, desc_match smallint, "
            "service_attitude smallint, logistics_service smallint, grade smallint, comment text, "
            "is_default boolean) ON COMMIT DROP"
        )
        cursor.executemany(
            f"INSERT INTO {ROUND} VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, false)", rows
        )
        store_ratings(cursor, ROUND)
    for back in range(DAYS + 1, 0, -1):
        day = world.today - back * DAY
        counted = count_day(day, now=world.at(day + DAY, 3))
        if counted is not None:
            compare_peers(counted)
    bring_experience_up_to_date(world.at(world.today, 4))


def managers(world: World) -> None:
    """Give some shops somebody to call."""
    for name in (PLAYED_SHOP, "潮汐海产专营店", "木里茶器"):
        assign_manager(
            _shop(world, name),
            manager=world.people["fangzhou"],
            deputy=world.people["jiangnan"],
            since=world.now - 30 * DAY,
            by=world.people["bailu"],
            reason="重点商家",
            now=world.now - 30 * DAY,
        )


def _received(world: World) -> list[Order]:
    return [one for one in (*world.earlier, *world.orders) if one.signed_at is not None]


def _rating(
    world: World, order: Order, likes: dict[int, float], dice: random.Random
) -> tuple[Any, ...] | None:
    """Think of what a buyer says of an order; None of every third, and of what came just now."""
    done = succeeded_at(order.status, order.signed_at, order.closed_at, order.paid_at)
    if done is None or dice.random() < 0.34:
        return None
    at = done + timedelta(hours=dice.uniform(2, 72))
    if at > world.now:
        return None
    like = likes[order.shop_id]
    # For eleven days the parcels of the played shop lay about.
    is_held_up = order.shop.name == PLAYED_SHOP and 14 < (world.now - at) / DAY < 25
    scores = [
        _score(like + 0.15, dice), _score(like, dice),
        _score(like - (1.7 if is_held_up else 0.05), dice),
    ]  # fmt: skip
    worst = min(scores)
    grade = 1 if worst >= 4 else 0 if worst == 3 else -1
    words = {1: HAPPY, 0: MIDDLING, -1: UNHAPPY}[grade]
    key = Rating.id_for(order.order_no, done)
    return (
        key,
        order.order_no,
        order.member_id,
        order.shop_id,
        done,
        at,
        *scores,
        grade,
        dice.choice(words),
    )


def _score(like: float, dice: random.Random) -> int:
    return max(1, min(5, round(dice.gauss(like, 0.55))))


def laws(world: World) -> None:
    """Write the rules that have been in force since before the world began."""
    for code, family, title, cls, points, text in LAWS:
        rule = Rule.objects.create(code=code, family=family, title=title)
        RuleVersion.objects.create(
            rule=rule,
            number=1,
            state=RuleState.EFFECTIVE,
            text=text,
            violation_class=cls,
            points=[Decimal(one) for one in points],
            effective_from=datetime(2025, 7, 1, tzinfo=UTC),
        )


def cases(world: World) -> None:
    """Let the played shop have been told of one case, have won one, and have one it may appeal against."""
    shop = _shop(world, PLAYED_SHOP)
    first, second, staff = (world.people[one] for one in ("bailu", "zhaoshu", "qiaomu"))
    won = _decided(
        world, shop, "misdescription", 34, "详情页写“树上熟”，抽检认为是催熟", "平台抽检报告"
    )
    appeal = file_appeal(
        won, text="检测的不是我们的批次，附上采摘记录和批次号。", by=staff, now=won.decided_at + DAY
    )
    rule_appeal(
        appeal,
        outcome="revoked",
        reason="批次号对不上，抽检的不是这家店的货。",
        by=second,
        now=won.decided_at + 2 * DAY,
    )
    _decided(world, shop, "misdescription", 9, "标注净重五斤，实收四斤二两", "买家称重照片三张")
    told = detect_violation(
        shop,
        rule=Rule.objects.get(code="late-shipping"),
        act_at=world.now - 2 * DAY,
        act="十一单付款后超过二十四小时没有揽收",
        evidence="物流记录，十一单",
        by=None,
        now=world.now - DAY,
    )
    send_notice(told, by=first, reason="记录清楚，先听商家说", now=world.now - DAY)


def _decided(
    world: World, shop: Shop, code: str, days_ago: int, act: str, evidence: str
) -> Penalty:
    """Open a case some days ago, tell the shop, and decide it once the shop could be heard."""
    judge = world.people["bailu"]
    found = world.now - days_ago * DAY
    while not is_workday(found.date()):
        found -= DAY
    case = detect_violation(
        shop,
        rule=Rule.objects.get(code=code),
        act_at=found - DAY,
        act=act,
        evidence=evidence,
        by=None,
        now=found,
    )
    case = send_notice(case, by=judge, reason="先听商家说", now=found)
    assert case.statement_due_at is not None
    decided = decide_violation(
        case, reason="材料清楚，商家没有申辩", by=judge, now=case.statement_due_at
    )
    return begin_penalty(decided, now=decided.starts_at)


def draft(world: World) -> None:
    """Ask merchants of fresh goods and some others about a draft."""
    first, second = world.people["bailu"], world.people["zhaoshu"]
    began = world.now - 4 * DAY
    rule = add_rule("fresh-share", family="trade", title="生鲜坏果占比怎么算", by=first)
    version = draft_version(
        rule,
        Wording(
            "第一条 坏果占比按重量计算，不按个数计算。\n"
            "第二条 无法称重的，按照照片中的面积估算，双方各让一半。\n"
            "第三条 汁水渗漏弄脏的部分计入坏果。"
        ),
        by=first,
        now=began - DAY,
    )
    told = {
        "necessity": ("同样半箱坏果，按个数和按重量能差出一倍赔付", "近 30 天坏果纠纷 412 件，三成争在占比上"),
        "effectiveness": ("占比有了一种算法，平台介入率应当下降", "试算：争议件数预计少两成"),
        "reasonableness": ("买家多数拍照不称重，第二条给了称不了的办法", "买家抽样 200 人，七成赞成按重量"),
    }  # fmt: skip
    for gate, (text, data) in told.items():
        extra = {"consumer_score": 4} if gate == "reasonableness" else {}
        answer_gate(
            version, gate, score=4, text=text, question="法律没有规定占比的算法", data=data,
            by=first, now=began - DAY, **extra,
        )  # fmt: skip
    shops = [name for _account, _name, name, _rights in STAFF]
    asked = [_merchant(world, name).merchant_no for name in shops]
    invite_named(version, asked, by=first, now=began - DAY)
    send_to_review(version, by=first, reason="三问都有数据", now=began - DAY)
    open_consultation(version, by=second, reason="可以问商家了", now=began)
    said = {
        "luzhen": ("for", ""),
        "haisheng": ("change", "海鲜沥水以后才称得准，请写明沥干多久。"),
        "muge": ("for", ""),
        "xiaoman": ("against", "我们不卖生鲜，这条会不会以后套到纸尿裤上？"),
    }
    for account, (choice, comment) in said.items():
        user = world.people[account]
        merchant = Merchant.objects.get(staff__user=user)
        say_of_draft(version, merchant, choice=choice, comment=comment, by=user, now=began + DAY)


def staff_accounts() -> tuple[tuple[str, str, tuple[str, ...], str, int], ...]:
    """Return the merchants' people as the house's own are listed."""
    return tuple(
        (account, name, (Role.MERCHANT_STAFF,), "", 0) for account, name, _shop, _rights in STAFF
    )


def _shop(world: World, name: str) -> Shop:
    return next(shop for shop in world.shops if shop.name == name)


def _merchant(world: World, shop: str) -> Merchant:
    merchant = _shop(world, shop).merchant
    assert merchant is not None
    return merchant


def soothed(world: World) -> None:
    """Let the played shop have a budget, have made good some orders, and offer something in a talk now."""
    shop, by = _shop(world, PLAYED_SHOP), world.people["qiaomu"]
    began = world.now - 80 * DAY
    set_goodwill_plan(
        shop, month_budget=Decimal(2000), most_each=Decimal(60),
        kinds=[kind.value for kind in GestureKind], by=by, now=began,
    )  # fmt: skip
    dice = random.Random(SEED)
    going_on = talks_of(shop.pk, 50)
    first: dict[int, Order] = {}
    for order in sorted(_received(world), key=lambda one: one.paid_at):
        if (
            order.shop_id == shop.pk
            and began < order.paid_at < world.now - 5 * DAY
            and order.member.user is not None
            and order.order_no not in {talk.order_no for talk in going_on}
        ):
            first.setdefault(order.member_id, order)
    said = {
        "coupon": "有几颗压坏了，下次给您便宜些。", "gift": "来晚了，下一单给您带一小盒草莓。",
        "fast_exchange": "坏果不用寄回，我们先补发一份。",
    }  # fmt: skip
    for order in list(first.values())[:24]:
        kind, buyer = dice.choice(list(said)), order.member.user
        if buyer is None or order.signed_at is None:
            continue
        at = order.signed_at + timedelta(hours=3)
        gesture = offer_gesture(
            shop, order_no=order.order_no, kind=kind, amount=Decimal(dice.randint(8, 30)),
            words=said[kind], by=by, now=at,
        )  # fmt: skip
        taken = answer_gesture(
            gesture, accept=dice.random() < 0.8, by=buyer, now=at + timedelta(hours=2)
        )
        if taken.state == "accepted" and kind != "coupon":
            fulfil_gesture(taken, proof=f"SF{dice.randrange(10**9):09}", by=by, now=at + DAY)
    for talk in going_on[:1]:
        offer_gesture(
            shop, order_no=talk.order_no, conversation_no=talk.conversation_no, kind="coupon",
            amount=Decimal(20), words="车厘子到晚了，送您一张券，下次直接抵扣。", by=by,
        )  # fmt: skip
