"""The inventory of columns: complete, true, and written down."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from accounts.masks import MASKS
from common import inventory
from common.personal_data import stores


def test_every_column_of_every_table_has_an_entry_and_no_entry_is_made_up():
    assert inventory.complaints() == []


@pytest.mark.parametrize("change", ["new column", "gone column", "new table"])
def test_it_would_be_noticed(change, monkeypatch):
    kept = dict(inventory._tables)
    if change == "new table":
        del kept["tickets.Note"]
    else:
        note = kept["tickets.Note"]
        plain = (*note.plain, "moon") if change == "gone column" else note.plain[1:]
        kept["tickets.Note"] = inventory.Table(
            note.label, note.owner, note.purpose, note.kept, note.personal, plain
        )
    monkeypatch.setattr(inventory, "_tables", kept)
    assert len(inventory.complaints()) == 1
    with pytest.raises(CommandError):
        call_command("inventory", "--check")


def test_what_is_said_to_be_in_the_copy_is_in_it():
    """``copy`` names a store that covers the table; each store's tables are declared."""
    by_key = {store.key: store for store in stores()}
    wrong = [
        f"{table.label}.{name}: {column.copy}"
        for table in inventory.tables()
        for name, column in table.personal.items()
        if column.copy
        and (column.copy not in by_key or table.label not in by_key[column.copy].models)
    ]
    assert wrong == []
    declared = {table.label for table in inventory.tables()}
    assert {label for store in stores() for label in store.models} <= declared


def test_what_members_write_and_are_called_is_in_a_store():
    """A table with names, phones, words or files of members is covered, so that erasure reaches it."""
    covered = {label for store in stores() for label in store.models}
    # Rows of bulk jobs carry names as the list shows them, masked, and go after 90 days.
    short_lived = {
        "common.BusPayload",
        "common.KeptAnswer",
        "common.Event",
        "common.RateBucket",
        "common.JobRow",
    }
    sensitive = {"name", "phone", "text", "file", "region"}
    left = [
        table.label
        for table in inventory.tables()
        if any(column.kind in sensitive for column in table.personal.values())
        and table.label not in covered | short_lived
    ]
    assert left == []


def test_masks_are_those_of_the_one_rule():
    masks = {c.mask for table in inventory.tables() for c in table.personal.values()}
    assert masks - {"never shown", "as it is"} <= set(MASKS)


def test_the_document_says_what_the_code_says():
    call_command("inventory", "--check")
    text = (Path(settings.BASE_DIR) / "docs" / "personal-data.md").read_text("utf-8")
    assert "| `phone` | phone | to call back | phone | profile | emptied |" in text
