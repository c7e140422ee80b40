"""How those who serve are set up: hours, skills, a service partner, what was measured of them."""

from datetime import date, timedelta
from decimal import Decimal

from common.hours import HOLIDAY, MAKE_UP, Interval
from config.demo.world import PARTNER_PEOPLE, PARTNER_TEAM, World
from workforce.actions import (
    add_calendar,
    add_exception,
    add_partner,
    count_quality,
    give_skill,
    give_team,
    join_partner,
    join_team,
    record_quality,
    require_skill,
    set_team_hours,
)
from workforce.models import AgentStatus, Presence, Skill, Team

HOUR = 60
_SHIFT: tuple[Interval, ...] = ((9 * HOUR, 12 * HOUR), (13 * HOUR, 22 * HOUR))
_WEEKEND: tuple[Interval, ...] = ((10 * HOUR, 12 * HOUR), (13 * HOUR, 21 * HOUR))
_NIGHT: tuple[Interval, ...] = ((22 * HOUR, 32 * HOUR),)
DAY_HOURS = (
    dict.fromkeys((0, 1, 2, 3, 4, MAKE_UP), _SHIFT)
    | {5: _WEEKEND, 6: _WEEKEND}
    | {HOLIDAY: ((10 * HOUR, 18 * HOUR),)}
)
NIGHT_HOURS = dict.fromkeys((*range(7), HOLIDAY, MAKE_UP), _NIGHT)

SKILLS = (("fresh", "生鲜验货"), ("digital", "数码售后"), ("english", "英语"))
SKILLED = (
    # account, skill, level, days its certificate still holds (0: no certificate)
    ("xuqinghe", "fresh", 5, 150),
    ("xuqinghe", "english", 3, 0),
    ("guchen", "fresh", 4, 96),
    ("jiangbanxia", "fresh", 5, 170),
    ("luyao", "fresh", 5, 120),
    ("yezhiqiu", "digital", 4, 12),
    ("wenruyan", "english", 5, 60),
    ("xiazhi", "digital", 2, 0),
)
MEASURED = (
    # account, share of satisfied answers, quality score, answers
    ("xuqinghe", "0.9420", "94.5", 212),
    ("guchen", "0.9050", "90.0", 188),
    ("qinlang", "0.7830", "81.0", 164),
    ("xiazhi", "0.9300", "93.0", 171),
    ("yezhiqiu", "0.8800", "88.5", 97),
    ("chenxiaobei", "0.9600", "95.0", 18),
)


def serving(world: World) -> None:
    """Set up hours, skills and the partner, and count what was measured in the last two months."""
    hours(world)
    skills(world)
    partner(world)
    quality(world)


def hours(world: World) -> None:
    """Give teams their hours: a day with a lunch break, a night past midnight, one day off for all."""
    ops = world.people["bailu"]
    day = add_calendar(
        "day", "白班（午休）", DAY_HOURS, by=ops, reason="中午轮流吃饭，一点回来", now=world.now
    )
    night = add_calendar(
        "night",
        "夜班",
        NIGHT_HOURS,
        follows_holidays=False,
        by=ops,
        reason="夜里有人，节假日也有人",
        now=world.now,
    )
    free = world.at(world.today + timedelta(days=5), 14)
    add_exception(
        day,
        "closure",
        free,
        free + timedelta(hours=3),
        "新品培训，下午两点到五点不接待",
        by=ops,
        reason="季度培训",
        now=world.now,
    )
    set_team_hours(world.teams["digital"], day, by=ops, reason="白天接待")
    set_team_hours(world.teams["newcomer"], day, by=ops, reason="白天接待")
    set_team_hours(world.teams["night"], night, by=ops, reason="夜里接待")


def skills(world: World) -> None:
    """Say who is good at what, and what the teams ask for."""
    ops = world.people["bailu"]
    made = {code: Skill.objects.create(code=code, name=name) for code, name in SKILLS}
    for account, code, level, days in SKILLED:
        give_skill(
            world.people[account],
            made[code],
            level,
            certified_until=world.today + timedelta(days=days) if days else None,
            by=ops,
            reason="上岗考核",
        )
    require_skill(world.teams["fresh"], made["fresh"], 3, by=ops, reason="坏单包退要会看照片")
    require_skill(world.teams["digital"], made["digital"], 2, by=ops, reason="先会装机排障")


def partner(world: World) -> None:
    """Take a service partner in, with people and a queue of its own."""
    ops, root = world.people["bailu"], world.people["root"]
    house = add_partner("yunfan", "云帆客服", by=ops)
    team = Team.objects.create(code=PARTNER_TEAM, name="云帆一组")
    world.teams[PARTNER_TEAM] = give_team(team, house, by=ops, reason="日用百货的咨询由云帆接待")
    for account, _name, level in PARTNER_PEOPLE:
        user = world.people[account]
        join_partner(house, user, by=root, reason="云帆报来的名单")
        join_team(world.teams[PARTNER_TEAM], user, by=ops)
        AgentStatus.objects.create(
            user=user,
            presence=Presence.ONLINE,
            since=world.now - timedelta(minutes=25),
            level=level,
        )


def quality(world: World) -> None:
    """Keep what was measured in the two months before this one, and let authority follow."""
    first = world.today.replace(day=1)
    for month in (_before(_before(first)), _before(first)):
        for account, csat, qa, sample in MEASURED:
            record_quality(
                world.people[account],
                month,
                csat_rate=Decimal(csat),
                qa_score=Decimal(qa),
                sample=sample,
                by=world.people["bailu"],
                reason="月度质检",
                now=world.now,
            )
        count_quality(month, now=world.now)


def _before(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)
