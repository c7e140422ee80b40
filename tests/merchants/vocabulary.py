"""The words of conditions as docs/rules.md lists them; ``python -m tests.merchants.vocabulary`` writes them."""

import os
from pathlib import Path

import django
from django.utils.translation import override

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"
MARK = "<!-- python -m tests.merchants.vocabulary writes what follows -->\n"


def tables() -> str:
    from merchants.rulebook.vocabulary import facts_of, sources

    lines: list[str] = []
    with override("en"):
        for source in sources():
            lines += [
                "",
                f"### {source.label} (`{source.name}`)",
                "",
                "| Name | Kind | What | Unit |",
            ]
            lines.append("|---|---|---|---|")
            lines += [
                f"| `{name}` | {fact.kind} | {fact.label} | {fact.unit} |"
                for name, fact in facts_of(source.name).items()
            ]
    return "\n".join(lines) + "\n"


def text() -> str:
    return PAGE.read_text("utf-8").split(MARK)[0] + MARK + tables()


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    PAGE.write_text(text(), "utf-8")
