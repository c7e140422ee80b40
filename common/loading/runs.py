"""One run of a loader over one file: chunks, resume, rejects, report."""

import csv
import io
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.history import record
from common.loading.columns import Column
from common.loading.files import FileRefused, Source, fingerprint
from common.loading.merge import Fates
from common.loading.rows import RowReader
from common.models import ImportRun

CHUNK_LINES = 50_000
FIRST_CHUNK_LINES = 12_500
"""Chunks grow from this: the sooner the first is staged, the sooner both connections work."""
STAGE = "loading_stage"


@dataclass(frozen=True, order=True)
class Reject:
    """A line that was not taken: its number in the file, its natural key, the reason in words."""

    line: int
    key: str
    reason: str


@dataclass
class Session:
    """What a loader may know about the run it serves."""

    dry_run: bool
    file_size: int
    known: set[str] = field(default_factory=set)
    """The columns that the file gives."""
    blank_keeps: bool = False
    """Whether an empty value leaves what is there (JSONL, where fields may be left out)."""
    alone: bool = False
    """Whether the run joins a transaction of its caller."""


@dataclass
class Chunk:
    """Some staged lines. ``reject`` takes line number, key and reason."""

    cursor: CursorWrapper
    session: Session
    rows: int
    rejects: list[Reject]

    def reject(self, sql: str, reason: object) -> int:
        """Reject the lines that ``sql`` returns (line, key); return how many."""
        self.cursor.execute(sql)
        found = self.cursor.fetchall()
        self.rejects += [Reject(line, key or "", str(reason)) for line, key in found]
        return len(found)


class Loader(ABC):
    """How one kind of file is loaded; the app that owns the rows says it. Serves one run.

    ``columns`` are those of the file, ``key`` the natural key among them. ``store`` moves one
    chunk from the staging table into the app's tables and counts the fates of the staged rows.
    """

    kind: str
    columns: Sequence[Column]
    key: str
    reader: type[RowReader] = RowReader

    def begin(self, session: Session) -> None:  # noqa: B027
        """Prepare for a run; called once before the first chunk."""

    @abstractmethod
    def store(self, chunk: Chunk) -> Fates:
        """Move the rows of the staging table ``loading_stage`` into place, in the open transaction."""

    def finish(self, session: Session) -> None:  # noqa: B027
        """Do what remains when all chunks are in; not called for a dry run."""

    def stop(self) -> None:  # noqa: B027
        """Let go of what the run used; called once, however it ended."""


@dataclass
class Report:
    """What came of a file."""

    kind: str
    path: Path
    dry_run: bool
    fates: Fates = field(default_factory=Fates)
    resumed_at: int = 0
    seconds: float = 0.0
    rejects_path: Path | None = None
    run: ImportRun | None = None


Progress = Callable[[int, int], None]
"""Called with the bytes read so far and the size of the file."""


def load_file(
    loader: Loader,
    path: Path,
    *,
    by: Any = None,
    dry_run: bool = False,
    rejects: Path | None = None,
    progress: Progress | None = None,
    chunk_lines: int = CHUNK_LINES,
) -> Report:
    """Load ``path`` and return what became of its lines.

    Lines that cannot be taken go to ``rejects`` (next to the file when left out) with number, key
    and reason. The same file again continues where an interrupted run stopped, or changes
    nothing. A dry run counts exactly the same and writes nothing but the rejects. Inside a
    transaction of the caller everything joins it; otherwise each chunk is a transaction.

    Raises :class:`FileRefused`: ``import.busy``, ``import.empty``, ``import.utf16``,
    ``import.not_utf8``, ``import.broken_gzip``, ``import.long_line``, ``import.column_missing``,
    ``import.column_twice``, ``import.json_list``, ``import.no_file``.
    """
    if not path.is_file():
        raise FileRefused("import.no_file", _("There is no such file: %(path)s.") % {"path": path})
    started = time.monotonic()
    with _only_one(loader.kind):
        run = _Run(loader, path, by=by, dry_run=dry_run, rejects=rejects, progress=progress)
        try:
            report = run.load(chunk_lines)
        finally:
            loader.stop()
    report.seconds = time.monotonic() - started
    return report


class _Run:
    def __init__(
        self,
        loader: Loader,
        path: Path,
        *,
        by: Any,
        dry_run: bool,
        rejects: Path | None,
        progress: Progress | None,
    ) -> None:
        self.loader = loader
        self.path = path
        self.by = by
        self.dry_run = dry_run
        self.progress = progress
        self.rejects = _RejectsFile(rejects or path.with_name(f"{path.name}.rejects.csv"))
        self.report = Report(loader.kind, path, dry_run)
        self.parsed: list[Reject] = []
        self.broken = False
        self.session = Session(dry_run=dry_run, file_size=path.stat().st_size)
        self.session.alone = dry_run or connection.in_atomic_block

    def load(self, chunk_lines: int) -> Report:
        with Source(self.path) as source:
            self.source = source
            self.reader = self.loader.reader(
                source, self.loader.columns, self.loader.key, self._reject_parsed
            )
            self.session.known = self.reader.known
            self.session.blank_keeps = self.reader.is_json
            run = None if self.dry_run else self._row()
            self.report.run = run
            if run is not None and run.lines_done:
                self._resume(run)
            else:
                self.rejects.begin(0)
            if self.session.alone:
                self._load_alone(chunk_lines)
            else:
                self._load_pipelined(chunk_lines)
        self.report.rejects_path = self.rejects.close()
        if run is not None:
            self._finish(run)
        return self.report

    def _row(self) -> ImportRun:
        digest = fingerprint(self.path)
        unfinished = ImportRun.objects.filter(
            kind=self.loader.kind, sha256=digest, finished_at=None
        ).order_by("-pk")
        return unfinished.first() or ImportRun.objects.create(
            kind=self.loader.kind,
            file_name=self.path.name[-200:],
            sha256=digest,
            size=self.source.size,
            started_at=timezone.now(),
            by=self.by,
        )

    def _resume(self, run: ImportRun) -> None:
        self.source.skip(run.lines_done - (self.source.next_line - 1))
        self.reader.done = run.lines_done
        self.report.resumed_at = run.lines_done
        self.report.fates = Fates(run.inserted, run.updated, run.unchanged, run.rejected)
        self.rejects.begin(run.rejects_size)

    def _reject_parsed(self, line: int, key: str, reason: str) -> None:
        self.parsed.append(Reject(line, key[:80], reason))

    def _load_alone(self, chunk_lines: int) -> None:
        # A dry run does the real work in one transaction and takes it back.
        with transaction.atomic(), connection.cursor() as cursor:
            self.loader.begin(self.session)
            cursor.execute("SELECT current_setting('timezone'), current_setting('datestyle')")
            settings = cursor.fetchone()
            blocks = self.source.blocks()
            while (staged := self._stage(cursor, blocks, chunk_lines)) is not None:
                self._store(cursor, *staged)
            # The caller's transaction goes on, and Django reads times by these.
            cursor.execute(
                "SELECT set_config('timezone', %s, true), set_config('datestyle', %s, true)",
                settings,
            )
            transaction.set_rollback(self.dry_run)

    def _load_pipelined(self, chunk_lines: int) -> None:
        """Stage one chunk while the chunk before it is being stored, on two connections."""
        self.loader.begin(self.session)
        wrappers = [_second_connection() for _number in range(2)]
        waiting: dict[int, Future[None]] = {}
        blocks = self.source.blocks()
        try:
            with _one_thread() as storing:
                for number in range(1 << 62):
                    place = number % 2
                    if place in waiting:
                        waiting.pop(place).result()
                    wrapper = wrappers[place]
                    wrapper.set_autocommit(False)
                    cursor = wrapper.cursor()
                    lines = min(chunk_lines, FIRST_CHUNK_LINES << min(number, 20))
                    staged = self._stage(cursor, blocks, lines)
                    if staged is None:
                        break
                    waiting[place] = storing.submit(self._store_and_commit, wrapper, cursor, staged)
                for future in waiting.values():
                    future.result()
        finally:
            for wrapper in wrappers:
                wrapper.close()

    def _store_and_commit(
        self,
        wrapper: BaseDatabaseWrapper,
        cursor: CursorWrapper,
        staged: tuple[int, list[Reject], int],
    ) -> None:
        if self.broken:
            # A chunk before this one was not stored: the run must go on from there.
            return
        try:
            self._store(cursor, *staged)
            wrapper.commit()
        except BaseException:
            self.broken = True
            raise

    def _stage(
        self, cursor: CursorWrapper, blocks: Iterator[Any], chunk_lines: int
    ) -> tuple[int, list[Reject], int] | None:
        """Copy the next chunk into the staging table; return rows, rejects, last line; None at the end."""
        columns = ", ".join(
            f"{name} {column.sql_type if column else 'text'}" for name, column in self.reader.staged
        )
        cursor.execute("SET LOCAL timezone = 'Asia/Shanghai'")
        cursor.execute("SET LOCAL datestyle = 'ISO, YMD'")
        cursor.execute(f"DROP TABLE IF EXISTS {STAGE}")
        cursor.execute(f"CREATE TEMP TABLE {STAGE} (line integer, {columns}) ON COMMIT DROP")
        self.parsed = []
        before_taken, before_records = self.reader.taken, self.reader.records
        read = False
        with cursor.copy(f"COPY {STAGE} FROM STDIN WITH (FORMAT csv)") as copy:
            while self.reader.records - before_records < chunk_lines:
                block = next(blocks, None)
                text = self.reader.end() if block is None else self.reader.copy_text(block)
                if text:
                    copy.write(text.encode())
                read = read or bool(text) or block is not None
                if block is None:
                    break
                if self.progress:
                    self.progress(self.source.position, self.source.size)
        if not read:
            return None
        return self.reader.taken - before_taken, self.parsed, self.reader.done

    def _store(
        self, cursor: CursorWrapper, rows: int, parsed: list[Reject], last_line: int
    ) -> None:
        chunk = Chunk(cursor, self.session, rows, [])
        fates = self.loader.store(chunk) if rows else Fates()
        if fates.total != rows:
            raise RuntimeError(f"{rows} lines were staged, the fates of {fates.total} are known")
        fates.rejected += len(parsed)
        self.report.fates += fates
        size = self.rejects.append(sorted(parsed + chunk.rejects))
        if self.report.run is not None:
            done = self.report.fates
            cursor.execute(
                "UPDATE common_importrun SET lines_done = %s, inserted = %s, updated = %s, "
                "unchanged = %s, rejected = %s, rejects_size = %s WHERE id = %s",
                [
                    last_line,
                    done.inserted,
                    done.updated,
                    done.unchanged,
                    done.rejected,
                    size,
                    self.report.run.pk,
                ],
            )

    def _finish(self, run: ImportRun) -> None:
        self.loader.finish(self.session)
        fates = self.report.fates
        with transaction.atomic():
            run.refresh_from_db()
            run.finished_at = timezone.now()
            run.save(update_fields=["finished_at"])
            record(
                run,
                "import.finished",
                by=self.by,
                after={
                    "kind": run.kind,
                    "file": run.file_name,
                    "sha256": run.sha256,
                    "inserted": fates.inserted,
                    "updated": fates.updated,
                    "unchanged": fates.unchanged,
                    "rejected": fates.rejected,
                },
            )


class _RejectsFile:
    """The lines that were not taken, as CSV; written before the chunk's transaction commits."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: io.BufferedRandom | None = None
        self._lines = 0

    def begin(self, size: int) -> None:
        """Open the file and keep its first ``size`` bytes: those of chunks that were committed."""
        keep = size and self.path.exists() and self.path.stat().st_size >= size
        self._file = self.path.open("r+b" if keep else "w+b")
        if keep:
            self._file.truncate(size)
            self._file.seek(size)
            self._lines = 1
        else:
            self._file.write(b"line,key,reason\n")

    def append(self, rejects: list[Reject]) -> int:
        """Write ``rejects`` and return the size of the file."""
        assert self._file is not None
        if rejects:
            text = io.StringIO()
            writer = csv.writer(text, lineterminator="\n")
            writer.writerows((r.line, _inert(r.key), r.reason) for r in rejects)
            self._file.write(text.getvalue().encode(errors="backslashreplace"))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._lines += len(rejects)
        return self._file.tell()

    def close(self) -> Path | None:
        """Close the file; without any line it is removed and None returned."""
        assert self._file is not None
        self._file.close()
        if self._lines:
            return self.path
        self.path.unlink()
        return None


def _inert(value: str) -> str:
    """Return ``value`` so that a spreadsheet shows it instead of computing it."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


@contextmanager
def _one_thread() -> Iterator[ThreadPoolExecutor]:
    """Give one thread, so that chunks are stored in the order of the file.

    Loaders change the catalogue on its own connection, which is closed at the end.
    """
    with ThreadPoolExecutor(1) as thread:
        try:
            yield thread
        finally:
            thread.submit(connections.close_all).result()


def _second_connection() -> BaseDatabaseWrapper:
    wrapper = connection.copy()
    wrapper.inc_thread_sharing()
    wrapper.ensure_connection()
    with wrapper.cursor() as cursor:
        cursor.execute("SET temp_buffers = '64MB'")
        cursor.execute("SET work_mem = '64MB'")
        # A chunk that the disk loses takes the run's progress with it, and the next run goes on
        # from there; the end of the run is committed, with all before it, by our own connection.
        cursor.execute("SET synchronous_commit = off")
    return wrapper


@contextmanager
def _only_one(kind: str) -> Iterator[None]:
    """Hold the lock of one kind: two imports of the same kind never run at once."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 7))", [f"import.{kind}"])
        if not cursor.fetchone()[0]:
            raise FileRefused(
                "import.busy", _("Another import of this kind is running. Wait until it has ended.")
            )
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 7))", [f"import.{kind}"])
