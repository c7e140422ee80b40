"""The token file keeps its promises: contrast, one place for colours, two equal dark blocks."""

import re
from itertools import product
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOKENS = (ROOT / "static/css/tokens.css").read_text(encoding="utf-8")

INK, TEXT, MARK = 7.0, 4.5, 3.0
"""Least contrast of running text, of any text, and of controls, sticks and focus."""

ROOMS = ("paper", "surface", "raised")
PAIRS = [
    *(
        (INK, "ink", room)
        for room in (*ROOMS, "sunken", "chip", "select", "by-member", "by-agent", "by-bot")
    ),
    *(
        (INK, "ink", row)
        for row in ("clock-warn-row", "clock-urgent-row", "clock-breached-row", "info-tint")
    ),
    *((INK, "ink", row) for row in ("danger-tint", "ok-tint", "accent-tint", "mark")),
    *((TEXT, "ink-2", room) for room in (*ROOMS, "sunken", "chip", "select")),
    *((TEXT, "ink-3", room) for room in ("paper", "surface", "raised", "sunken", "select")),
    *((TEXT, "accent", room) for room in (*ROOMS, "sunken", "select")),
    *((TEXT, "danger", room) for room in ("surface", "paper", "danger-tint")),
    (TEXT, "ok", "ok-tint"),
    (TEXT, "ok", "surface"),
    (TEXT, "info", "info-tint"),
    (TEXT, "info", "surface"),
    (TEXT, "accent-ink", "accent-tint"),
    (TEXT, "on-fill", "accent-fill"),
    (TEXT, "on-fill", "accent-fill-hover"),
    (TEXT, "on-fill", "danger-fill"),
    (TEXT, "on-fill", "danger-fill-hover"),
    (MARK, "on-seal", "seal"),
    (TEXT, "clock-calm", "surface"),
    (TEXT, "clock-warn", "clock-warn-row"),
    (TEXT, "clock-warn", "surface"),
    (TEXT, "clock-urgent", "clock-urgent-row"),
    (TEXT, "clock-urgent", "surface"),
    (TEXT, "clock-breached", "clock-breached-fill"),
    (MARK, "clock-calm-stick", "surface"),
    (MARK, "clock-warn-stick", "surface"),
    (MARK, "clock-warn-stick", "clock-warn-row"),
    (MARK, "clock-urgent-stick", "clock-urgent-row"),
    *((TEXT, f"sev-{name}", "surface") for name in ("red", "orange", "yellow")),
    *((TEXT, f"sev-{name}", "paper") for name in ("red", "orange", "yellow")),
    (TEXT, "by-bot-ink", "by-bot"),
    (TEXT, "by-note-ink", "by-note"),
    (TEXT, "by-system", "paper"),
    *(
        (TEXT, f"tier-{name}", f"tier-{name}-bg")
        for name in ("new", "normal", "super", "vip88", "apass")
    ),
    *((MARK, "line-2", room) for room in ROOMS),
    *((MARK, "focus", room) for room in (*ROOMS, "sunken", "accent-tint")),
    (MARK, "seal", "surface"),
    *((MARK, f"c{n}", "surface") for n in range(1, 6)),
]


def blocks() -> dict[str, dict[str, str]]:
    """Return every token of the light, the dark and the system's dark block."""
    heads = {
        "light": r":root \{",
        "dark": r":root\[data-theme=\"dark\"\],\n:root\.dark \{",
        "system": r":root:not\(\[data-theme\]\) \{",
    }
    found = {}
    for name, head in heads.items():
        body = re.search(head + r"(.*?)\}", TOKENS, re.S)
        assert body, name
        found[name] = dict(re.findall(r"--([\w-]+):\s*([^;]+);", body[1]))
    return found


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast of two colours, 1–21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_is_twenty_one():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)


@pytest.mark.parametrize(("theme", "pair"), list(product(("light", "dark"), PAIRS)), ids=str)
def test_everything_can_be_read(theme, pair):
    least, front, back = pair
    tokens = blocks()["light"] | (blocks()[theme] if theme == "dark" else {})
    assert contrast(tokens[front], tokens[back]) >= least, f"{front} on {back} in {theme}"


def test_the_two_dark_blocks_are_equal():
    found = blocks()
    assert found["dark"] == found["system"]


def test_dark_covers_every_colour_of_light():
    found = blocks()
    colours = {name for name, value in found["light"].items() if value.startswith(("#", "rgb"))}
    assert colours <= set(found["dark"])


SET_BY_SCRIPT = {"left", "share", "shown"}

COLOUR = re.compile(r"#[0-9a-fA-F]{3,8}\b|\b(?:rgb|rgba|hsl|hsla|oklch|oklab|lab|lch|color)\(")
NAMED = re.compile(
    r":\s*[^;{}]*\b(?:white|black|red|green|blue|gr[ae]y|orange|yellow|gold|silver|brown|pink|purple)\b[^;{}]*;"
)


def our_files() -> list[Path]:
    return [
        path
        for folder, pattern in (("static", "*.css"), ("static", "*.js"), ("templates", "*.html"))
        for path in sorted((ROOT / folder).rglob(pattern))
        if "vendor" not in path.parts and path.name != "tokens.css"
    ]


@pytest.mark.parametrize("path", our_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_colours_live_in_the_token_file_alone(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    if path.suffix == ".css":
        text = re.sub(r"var\(--[\w-]+\)|--[\w-]+", "", text)
        assert not NAMED.findall(text)
        assert not COLOUR.findall(text)
    elif path.suffix == ".html":
        # An address may end in #add: only attributes and styles that hold colours matter.
        assert not re.findall(
            r"(?:style|fill|stroke|color|content)\s*=\s*[\"']#[0-9a-fA-F]{3,8}[\"']", text
        )
        if "admin" in path.parts:
            return  # the back office has a policy of its own
        assert not re.findall(r"\bstyle\s*=", text), "no inline style under the content policy"
        assert not re.findall(r"<script(?![^>]*\bsrc=)[^>]*>", text), "no inline script"
        assert not re.findall(r"<style\b", text), "no inline style sheet"
        assert not re.findall(r"\son\w+\s*=\s*[\"']", text), "no inline handlers"
    else:
        # Private names (#field) look like short hex: only quoted literals are colours.
        assert not re.findall(r"[\"'`](?:#[0-9a-fA-F]{3,8}|rgba?\()", text)


def test_every_token_that_is_used_exists():
    known = {name for block in blocks().values() for name in block} | set(
        re.findall(r"--([\w-]+):", TOKENS)
    )
    for path in our_files():
        if path.suffix != ".css":
            continue
        text = path.read_text(encoding="utf-8")
        own = set(re.findall(r"--([\w-]+)\s*:", text))
        # Without a fallback a name must be a token or be set in the same sheet.
        used = set(re.findall(r"var\(--([\w-]+)\)", text))
        assert used <= known | own | SET_BY_SCRIPT, path.name
