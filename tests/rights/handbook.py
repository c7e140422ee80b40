"""Writes docs/rights.md from the matrix: ``python -m tests.rights.handbook``."""

import os
from pathlib import Path

import django
from django.urls import get_resolver

PAGE = Path(__file__).resolve().parents[2] / "docs" / "rights.md"

HEAD = """# Who may do what

Written by `python -m tests.rights.handbook` from `matrix.py`, `sockets.py` and `back_office.py` in
`tests/rights/` and from `accounts/rules.py`; the tests there hold every line against the running house, for every role.

**Own** is what belongs to somebody or their team: their conversation, their private channel, their phone.
**Foreign** is the same of somebody else. Whoever is in neither column gets 404, to the byte what a random id
gets: nobody learns that something is there. **Told no** may know of it and may not do it: 403. A stranger gets
401 from the API and the sign-in from a page. **Scope** is what an integration token needs, which acts for its
owner; where there is none, tokens get 403.
"""


def text() -> str:
    """Return the whole page."""
    from accounts.rules import ADMIN_RIGHTS
    from tests.hostile.doors import patterns
    from tests.rights.back_office import ACTS, ADD, CHANGE, DELETE, ERRANDS
    from tests.rights.matrix import EVERYBODY, SECTIONS, Roles
    from tests.rights.sockets import OPS, TOPICS

    routes = {pattern.name or route: f"/{route}" for route, pattern in patterns()}

    def people(roles: Roles | None) -> str:
        if roles is None:
            return ""
        if roles == EVERYBODY:
            return "everybody"
        if len(roles) > len(EVERYBODY) / 2:
            return "everybody but " + ", ".join(sorted(EVERYBODY - roles)).replace("_", " ")
        return ", ".join(sorted(roles)).replace("_", " ") or "nobody"

    lines = [HEAD]
    for title, part in SECTIONS.items():
        lines += [
            f"## {title}\n",
            "| | Address | Own | Foreign | Told no | Scope |",
            "|" + "---|" * 6,
        ]
        for row in part:
            own = people(row.own) + (", strangers" if row.is_open and row.own else "")
            cells = [row.method.upper(), f"`{routes[row.name]}`", own, people(row.foreign)]
            cells += [people(row.no) if row.no else "", row.scope]
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    lines += ["## The socket: topics\n", "| Topic | Own | Foreign | Scope |", "|---|---|---|---|"]
    for kind, heard in TOPICS.items():
        cells = [kind, people(heard.own), people(heard.foreign), heard.scope]
        lines.append("| " + " | ".join(cells) + " |")
    lines.append("\n## The socket: operations\n")
    lines += ["| Operation | After listening to | Own | Foreign | Scope |", "|" + "---|" * 5]
    for op, said in OPS.items():
        cells = [op, said.after, people(said.own), people(said.foreign), said.scope]
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["\n## Back office\n", "| Role | Rows of | May |", "|---|---|---|"]
    for role, labels in ADMIN_RIGHTS.items():
        acts = {label: ", ".join(sorted(may)) for label, may in labels.items()}
        for may in sorted(set(acts.values())):
            named = ", ".join(sorted(label for label in acts if acts[label] == may))
            lines.append(f"| {role.replace('_', ' ')} | {named} | {may} |")
    lines += ["\n| Rows of | Posts the form | Adds | Deletes |", "|---|---|---|---|"]
    for label in sorted({*CHANGE, *ADD, *DELETE}):
        cells = [people(table.get(label, frozenset())) for table in (CHANGE, ADD, DELETE)]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    lines += ["\n| Rows of | Action | Done by |", "|---|---|---|"]
    for label, acts in ACTS.items():
        for name, may in acts.items():
            lines.append(f"| {label} | {name.replace('_', ' ')} | {people(may)} |")
    lines += ["\n| Long pieces of work | Door | Own | Foreign |", "|---|---|---|---|"]
    for label, doors in ERRANDS.items():
        for name, row in doors.items():
            lines.append(f"| {label} | {name} | {people(row.own)} | {people(row.foreign)} |")
    lines.append(
        "\nEverybody else finds no back office: its sign-in, or 404 where they are signed in.\n"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    get_resolver().url_patterns  # noqa: B018 the views come in before what they are made of
    PAGE.write_text(text())
