"""Masking: ours against the regexes a good programmer would write, speed and recall in the same run.

``python manage.py bench mask``. The corpus is that of the tests (tests/common/personal.py): phones, ID
and bank cards in twelve disguises, addresses, and harmless text. Both sides mask the same text; what
each finds is counted in the same run. Time per character must not grow with the length of the text,
whatever stands in it: that is checked from 1,000 to 1,000,000 characters and fails the run.
"""

import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from bench.report import Failed, Result
from common.masking import mask_text
from common.masking.folding import digits_of
from tests.common import personal

SIZES = (1_000, 10_000, 100_000, 1_000_000)
MOST_GROWTH = 1.3
"""The time per character of the longest text over that of one a hundredth or tenth as long."""
PATHOLOGICAL = {
    "digits": "4",
    "grouped digits": "1 ",
    "phones": "13812345678 ",
    "address": "浙江省杭州市余杭区文一西路969号3幢402室",
    "streets": "路3号",
    "spoken": "一三八",
    "brackets": "((（【",
    "at signs": "a@a.",
    "announced": "我叫",
    "zero width": "1\u200b",
}

# What a good programmer writes on an afternoon: possessive where it matters, bounded everywhere.
_PLAIN = (
    (re.compile(r"(?<!\d)(?:\+?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?!\d)"), "phone"),
    (re.compile(r"(?<!\d)0\d{2,3}-\d{7,8}(?!\d)"), "phone"),
    (
        re.compile(
            r"(?<!\d)[1-8]\d{5}(?:19|20)\d{2}(?:0\d|1[0-2])(?:[0-2]\d|3[01])\d{3}[\dXx](?!\d)"
        ),
        "id",
    ),
    (
        re.compile(
            r"(?<!\d)(?:62|4\d|5[1-5])\d{2}[- ]?\d{4}[- ]?\d{4}[- ]?\d{4}(?:[- ]?\d{3})?(?!\d)"
        ),
        "card",
    ),
    (
        re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}"),
        "email",
    ),
    (
        re.compile(
            r"[\u4e00-\u9fff]{2,10}(?:路|街|巷|弄|道|村|小区)\d{1,5}号?(?:\d{1,4}(?:栋|幢|号楼|单元|室))*"
        ),
        "address",
    ),
)


def plain_mask(text: str) -> str:
    """Mask ``text`` the plain way."""
    for pattern, _kind in _PLAIN:
        text = pattern.sub(lambda found: found[0][:3] + "****" + found[0][-4:], text)
    return text


SIDES: dict[str, Callable[[str], str]] = {"ours": mask_text, "plain": plain_mask}


def run(*, quick: bool = False, rounds: int = 0) -> Result:
    """Measure both and return the figures. Raises ``Failed`` when ours is not linear or finds less."""
    count, rounds = 360 if quick else 3_600, max(rounds, 3)
    found = _recall(count)
    chat = _chat(50_000 if quick else 400_000)
    ours, plain = _speeds(chat, rounds)
    texts = PATHOLOGICAL
    if quick:
        texts = {name: PATHOLOGICAL[name] for name in ("digits", "address", "brackets")}
    again = 2 if quick else rounds
    growth = {name: _growth(piece, again) for name, piece in texts.items()}
    growth["chat"] = _growth(chat[:5_000], again)
    worst = max(growth, key=lambda name: growth[name])
    if growth[worst] > MOST_GROWTH:
        raise Failed(
            f"time per character grew {growth[worst]:.2f} times up to {SIZES[-1]:,} characters "
            f"of {worst}: {texts.get(worst, 'chat')[:20]!r}"
        )
    if found["recall_ours"] < found["recall_plain"]:
        raise Failed(f"ours finds {found['recall_ours']}, the plain one {found['recall_plain']}")
    return Result(
        bench="mask",
        ours=round(ours, 2),
        baseline=round(plain, 2),
        ratio=round(ours / plain, 3),
        unit="MB/s of chat (UTF-8), one core",
        detail={
            **found,
            "corpus": count,
            "sizes": list(SIZES),
            "growth_worst": round(growth[worst], 3),
            "growth_worst_of": worst,
            "growth_allowed": MOST_GROWTH,
            **{f"growth_{name}": round(it, 3) for name, it in sorted(growth.items())},
        },
    )


def _recall(count: int) -> dict[str, Any]:
    """Return the share of secrets that either hides, and of harmless texts that either touches."""
    hidden: dict[str, list[bool]] = {side: [] for side in SIDES}
    touched: dict[str, list[bool]] = {side: [] for side in SIDES}
    for _kind, _disguise, secret, text in personal.positives(count):
        for side, mask in SIDES.items():
            # Read as the disguise is meant: the middle of the number must be gone.
            hidden[side].append(secret[3:-4] not in digits_of(mask(text)))
    for _district, detail, text in personal.addresses(count // 6):
        for side, mask in SIDES.items():
            hidden[side].append(detail not in mask(text))
    for text in personal.negatives(count):
        for side, mask in SIDES.items():
            touched[side].append(mask(text) != text)
    return {
        f"{what}_{side}": round(sum(hits) / len(hits), 4)
        for what, sides in (("recall", hidden), ("false", touched))
        for side, hits in sides.items()
    }


def _chat(characters: int) -> str:
    """Return talk as it is: mostly harmless lines, here and there a phone, a card, an address."""
    harmless = list(personal.negatives(2_000))
    secret = [text for _kind, _disguise, _secret, text in personal.positives(200)]
    secret += [text for _district, _detail, text in personal.addresses(60)]
    lines, size = [], 0
    for place in range(10**9):
        line = secret[place % len(secret)] if place % 12 == 5 else harmless[place % len(harmless)]
        lines.append(line)
        size += len(line) + 1
        if size > characters:
            return "\n".join(lines)[:characters]
    raise AssertionError


def _speeds(chat: str, rounds: int) -> tuple[float, float]:
    """Return MB/s of ours and of the plain one on message-sized texts, medians of interleaved rounds."""
    messages = chat.split("\n")
    size = len(chat.encode()) / 1e6
    taken: dict[str, list[float]] = {side: [] for side in SIDES}
    for _round in range(rounds):
        for side, mask in SIDES.items():
            taken[side].append(_seconds(lambda mask=mask: [mask(one) for one in messages]))
    return size / statistics.median(taken["ours"]), size / statistics.median(taken["plain"])


def _growth(piece: str, rounds: int) -> float:
    """Return how much more a character costs in the longest text than in a short one (1.0: linear)."""
    costs = []
    for size in SIZES:
        text = (piece * (size // len(piece) + 1))[:size]
        # A short text is masked often enough to be measured.
        times = max(1, 100_000 // size)
        best = min(
            _seconds(lambda text=text, times=times: [mask_text(text) for _time in range(times)])
            for _round in range(rounds)
        )
        costs.append(best / times / size)
    # The dearest of the short ones is where the cost of a call still shows: the steady one counts.
    return costs[-1] / max(costs[1], costs[2])


def _seconds(work: Callable[[], Any]) -> float:
    """Return the CPU seconds of ``work``: other people use this machine as well."""
    begun = time.process_time()
    work()
    return time.process_time() - begun
