"""Numbers of those who serve: talks at once, lines lost, how far people may decide (service standard)."""

from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from common.parameters import declare
from workforce.rules import LEVELS

for _level, _usual in zip(LEVELS, (2, 2, 3, 4, 5), strict=True):
    declare(
        f"agents.capacity_{_level}",
        _usual,
        {
            1: _("Conversations at once, level 1"),
            2: _("Conversations at once, level 2"),
            3: _("Conversations at once, level 3"),
            4: _("Conversations at once, level 4"),
            5: _("Conversations at once, level 5"),
        }[_level],
        minimum=1,
        maximum=50,
    )
declare(
    "agents.capacity_max",
    5,
    _("Conversations at once that nobody passes"),
    minimum=1,
    maximum=10_000,
)
declare(
    "presence.away_after",
    timedelta(seconds=90),
    _("How long after their last line is lost an agent is set away"),
    minimum=timedelta(seconds=30),
    maximum=timedelta(hours=1),
    unit=_("seconds"),
)
declare(
    "presence.back_within",
    timedelta(minutes=10),
    _("Who was set away and comes back within this takes chats again by themselves"),
    minimum=timedelta(0),
    maximum=timedelta(hours=4),
    unit=_("seconds"),
)

for _level, _refund, _goodwill in zip(
    LEVELS, (50, 100, 200, 300, 500), (10, 20, 30, 50, 100), strict=True
):
    declare(
        f"authority.refund_{_level}",
        Decimal(_refund),
        {
            1: _("Refund one may decide alone, level 1"),
            2: _("Refund one may decide alone, level 2"),
            3: _("Refund one may decide alone, level 3"),
            4: _("Refund one may decide alone, level 4"),
            5: _("Refund one may decide alone, level 5"),
        }[_level],
        minimum=Decimal(0),
        maximum=Decimal(100_000),
        unit=_("CNY"),
    )
    declare(
        f"authority.goodwill_{_level}",
        Decimal(_goodwill),
        {
            1: _("Goodwill one may give alone, level 1"),
            2: _("Goodwill one may give alone, level 2"),
            3: _("Goodwill one may give alone, level 3"),
            4: _("Goodwill one may give alone, level 4"),
            5: _("Goodwill one may give alone, level 5"),
        }[_level],
        minimum=Decimal(0),
        maximum=Decimal(100_000),
        unit=_("CNY"),
    )
declare(
    "authority.shop_close_from",
    5,
    _("Level from which somebody may close a shop alone"),
    minimum=1,
    maximum=6,
)
for _key, _default, _label, _low, _high in (
    ("csat_up", "0.92", _("Satisfied share from which limits grow"), 0, 1),
    ("csat_down", "0.85", _("Satisfied share below which limits fall"), 0, 1),
    ("qa_up", "90", _("Inspection score from which limits grow"), 0, 100),
    ("qa_down", "80", _("Inspection score below which limits fall"), 0, 100),
    ("step", "0.25", _("How far one month moves the factor of limits"), 0, 1),
    ("lowest", "0.50", _("Lowest factor of limits"), 0, 1),
    ("highest", "2.00", _("Highest factor of limits"), 1, 10),
):
    declare(
        f"authority.{_key}",
        Decimal(_default),
        _label,
        minimum=Decimal(_low),
        maximum=Decimal(_high),
    )
declare(
    "authority.sample",
    30,
    _("Answers in a month below which limits stay as they are"),
    minimum=1,
    maximum=10_000,
)
declare(
    "authority.counted_on",
    8,
    _("Day of the month on which the last month's quality is counted"),
    minimum=1,
    maximum=28,
)
