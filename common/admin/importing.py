"""Imports: a file is brought, looked at, tried out, and loaded on the word of who brought it."""

import shutil
import time
from collections import Counter
from csv import DictReader
from itertools import islice
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from common.errands import await_word, end_errand, put_away_import, start_import
from common.errors import DomainError
from common.loading import FileRefused, load_file
from common.loading.offers import Offer, offer_of, offers
from common.loading.preview import preview
from common.loading.upload import Brought, look_at, to_table
from common.models import ErrandState, ImportFile
from common.parameters import value
from common.text import clean_filename

CHUNK_LINES = 20_000
"""Smaller chunks than the command's: no statement may take longer than a worker's may."""
REJECTS_SHOWN = 50
TABLE, ORIGINAL, REJECTS = "table", "original", "rejects.csv"


class Stopped(Exception):
    """Whoever brought the file wants no more."""


class UploadForm(forms.Form):
    """What kind of rows, and the file."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in it"), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        label=gettext_lazy("File"),
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.jsonl,.ndjson,.txt,.xlsx"}),
        allow_empty_file=True,  # told by the gate, in one voice with the rest
        help_text=gettext_lazy("CSV with a head, JSONL, or Excel (.xlsx); the first sheet counts."),
        error_messages={"required": gettext_lazy("Choose a file.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds: Any = self.fields["kind"]
        kinds.choices = [(kind, str(offer.label)) for kind, offer in offers().items()]


class BeginForm(forms.Form):
    """Why it is loaded."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
        error_messages={
            "required": gettext_lazy("Write why. Without a reason nothing is changed.")
        },
    )


def take_upload(uploaded: "UploadedFile[Any]", *, kind: str, by: Any) -> ImportFile:
    """Let a file in when it is what a loader takes. Raises ``FileRefused``, ``forbidden``."""
    most = value("backoffice.import_bytes")
    if (uploaded.size or 0) > most:
        raise FileRefused(
            "import.too_large",
            _("The file is larger than %(size)s MB. Cut it into parts.")
            % {"size": most // 1_000_000},
        )
    landing = root() / f"landing-{time.monotonic_ns()}"
    try:
        if isinstance(uploaded, TemporaryUploadedFile):
            shutil.copyfile(uploaded.temporary_file_path(), landing)
        else:
            landing.write_bytes(uploaded.read())
        landing.chmod(0o600)
        found = look_at(landing, most_bytes=most)
        return start_import(
            kind=kind,
            file_name=clean_filename(uploaded.name or "file"),
            size=landing.stat().st_size,
            form=found.form,
            encoding=found.encoding,
            keep=lambda brought: _keep(landing, brought),
            by=by,
        )
    finally:
        landing.unlink(missing_ok=True)


def _keep(landing: Path, brought: ImportFile) -> None:
    folder_of(brought).mkdir(mode=0o700, parents=True)
    landing.replace(folder_of(brought) / ORIGINAL)


def root() -> Path:
    """Return the folder of brought files; nobody else's account reads it."""
    place = Path(settings.DATA_DIR) / "imports"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def folder_of(brought: ImportFile) -> Path:
    """Return the folder of one brought file."""
    return root() / brought.id.hex


def table_of(brought: ImportFile) -> Path:
    """Return the file as the loader reads it; its name goes into the record of the run."""
    ending = "jsonl" if brought.form == "jsonl" else "csv"
    return folder_of(brought) / TABLE / f"{Path(brought.file_name).stem[:80] or 'file'}.{ending}"


def rejects_of(brought: ImportFile) -> Path:
    """Return the file of the lines that were not taken; there is none when all were."""
    return folder_of(brought) / REJECTS


def forget_import(brought: ImportFile) -> bool:
    """Delete the file and its rejects, unless somebody has let it be loaded; the record stays."""
    return put_away_import(
        brought, delete=lambda kept: shutil.rmtree(folder_of(kept), ignore_errors=True)
    )


def preview_of(brought: ImportFile) -> dict[str, Any] | None:
    """Return the first rows as the loader would take them, None when there is nothing to show."""
    offer = offer_of(brought.kind)
    if offer is None or brought.step == ImportFile.Step.READ or not table_of(brought).is_file():
        return None
    try:
        return preview(table_of(brought), offer.make(), offer.names())
    except FileRefused:
        return None


def rejects_shown(brought: ImportFile) -> tuple[list[dict[str, str]], list[tuple[str, int]]]:
    """Return the first rejected lines, and the reasons of those with how often."""
    path = rejects_of(brought)
    if not path.is_file():
        return [], []
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(islice(DictReader(file), 5_000))
    reasons = Counter(row.get("reason") or "" for row in rows)
    return rows[:REJECTS_SHOWN], reasons.most_common(10)


# --- in the background ---------------------------------------------------------------------------


def work_on_import(brought: ImportFile) -> None:
    """Do the steps that are due: read and try, or load. Each begins anew or goes on when killed."""
    person: Any = brought.by
    if not person.can("admin.import"):
        end_errand(brought, ErrandState.STOPPED, trouble=_("You may not import any more."))
        return
    offer = offer_of(brought.kind)
    if offer is None:
        end_errand(brought, ErrandState.FAILED, trouble=_("Nobody takes files of this kind now."))
        return
    try:
        if brought.step == ImportFile.Step.LOAD:
            _load(brought, offer)
        else:
            _read(brought, offer)
            _try(brought, offer)
    except Stopped:
        _stop(brought)
    except DomainError as refusal:
        if refusal.code != "import.busy" or brought.step != ImportFile.Step.LOAD:
            raise
        _wait_for_word(brought, refusal.message)


def _stop(brought: ImportFile) -> None:
    trouble = _("Stopped by whoever asked for it.")
    end_errand(brought, ErrandState.STOPPED, trouble=trouble)


def _wait_for_word(brought: ImportFile, trouble: object = "") -> None:
    # The watch hears a wish only between two blocks, and not twice in half a second.
    if not await_word(brought, trouble=trouble):
        _stop(brought)


def _read(brought: ImportFile, offer: Offer) -> None:
    table = table_of(brought)
    table.parent.mkdir(mode=0o700, exist_ok=True)
    lines = to_table(
        folder_of(brought) / ORIGINAL,
        table,
        Brought(brought.form, brought.encoding),
        offer.column_names(),
        most_rows=value("backoffice.import_rows"),
    )
    brought.lines, brought.step = lines, ImportFile.Step.TRY
    brought.save(update_fields=["lines", "step"])


def _try(brought: ImportFile, offer: Offer) -> None:
    with _Watch(brought) as watch:
        report = load_file(
            offer.make(),
            table_of(brought),
            by=brought.by,
            dry_run=True,
            rejects=rejects_of(brought),
            progress=watch,
            chunk_lines=CHUNK_LINES,
        )
    _take(brought, report)
    brought.save(update_fields=_FIGURES)
    _wait_for_word(brought)


def _load(brought: ImportFile, offer: Offer) -> None:
    with _Watch(brought) as watch:
        report = load_file(
            offer.make(),
            table_of(brought),
            by=brought.by,
            rejects=rejects_of(brought),
            progress=watch,
            chunk_lines=CHUNK_LINES,
        )
    _take(brought, report)
    brought.run, brought.done = report.run, brought.total or 0
    brought.save(update_fields=["run", "done", *_FIGURES])
    end_errand(brought, ErrandState.DONE)


_FIGURES = ("inserted", "updated", "unchanged", "rejected")


def _take(brought: ImportFile, report: Any) -> None:
    for name in _FIGURES:
        setattr(brought, name, getattr(report.fates, name))
    brought.trouble = ""


class _Watch:
    """Tells how far the loader is and hears whether it shall stop, on a session of its own.

    The loader's own session may be inside one long transaction, which nobody else sees.
    """

    def __init__(self, brought: ImportFile) -> None:
        self.brought = brought
        self.asked = 0.0

    def __enter__(self) -> "_Watch":
        self.session = connection.copy()
        self.session.inc_thread_sharing()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.session.close()

    def __call__(self, position: int, size: int) -> None:
        self.brought.total = size
        now = time.monotonic()
        if now - self.asked < 0.5:
            return
        self.asked = now
        with self.session.cursor() as cursor:
            cursor.execute(
                "UPDATE common_importfile SET done = %s, total = %s WHERE id = %s "
                "RETURNING stop_asked_at",
                [position, size, self.brought.pk],
            )
            row = cursor.fetchone()
        if row and row[0]:
            raise Stopped
