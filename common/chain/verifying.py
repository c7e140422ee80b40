"""Verifying: walk the chain in slices of constant memory, and name what does not fit."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from common.chain.anchors import Anchor, known_anchors
from common.chain.sealing import GENESIS, LINE, head, seal_of
from common.ids import moment_of, uuid7_from
from common.models import Deadline

BATCH = 5_000
FINDINGS_KEPT = 20
SEALED_WITHIN = timedelta(minutes=10)
"""A noted line that waits longer than this is reported: somebody keeps the clock from sealing."""

ANCHORS, LINKS, LINES, DONE = "anchors", "links", "lines", "done"
_FIRST = str(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit: what, where in the chain, and which history line.

    ``kind``: ``changed`` (the line is not what was sealed), ``deleted`` (sealed, and gone),
    ``link`` (the seal itself was rewritten or moved), ``gap`` (seals are missing), ``slipped_in``
    (a line that nothing sealed or noted), ``unsealed`` (noted, and not sealed for too long),
    ``vanished`` (noted, and gone before it was sealed), ``anchor`` (the chain is not what an anchor
    says), ``tail`` (the chain ends before an anchor).
    """

    kind: str
    words: str
    position: int | None = None
    event: str | None = None
    at: str | None = None


@dataclass
class Verification:
    """A walk over the chain that can rest after every :meth:`step` and be taken up again.

    ``since`` starts at the first seal from that moment on; the seal before it is taken as given.
    Its state is JSON, so that the next task can go on where this one stopped.
    """

    since: datetime | None = None
    phase: str = ANCHORS
    position: int = 0
    seal: str = GENESIS.hex()
    until: int = 0
    after: str = _FIRST
    links: int = 0
    lines: int = 0
    anchors: int = 0
    troubles: int = 0
    findings: list[Finding] = field(default_factory=list)

    @classmethod
    def begin(cls, since: datetime | None = None, anchors: Iterable[Anchor] = ()) -> "Verification":
        """Take up the walk at ``since`` and hold the chain against the anchors, ``anchors`` by hand included."""
        walk = cls(since=since, until=head().position)
        walk._compare_anchors(anchors)
        if since is not None:
            walk.position = _position_before(since, walk.until)
            if walk.position:
                walk.seal = _seal_at(walk.position) or walk.seal
            walk.after = str(uuid7_from(since))
        walk.phase = LINKS
        return walk

    @property
    def is_done(self) -> bool:
        """Tell whether there is nothing left to look at."""
        return self.phase == DONE

    @property
    def is_sound(self) -> bool:
        """Tell whether nothing was found so far."""
        return not self.troubles

    def step(self) -> None:
        """Look at the next few thousand seals or lines."""
        if self.phase == LINKS:
            self._walk_links()
        elif self.phase == LINES:
            self._look_for_strangers()

    def run(self) -> "Verification":
        """Step until done."""
        while not self.is_done:
            self.step()
        return self

    def state(self) -> dict[str, Any]:
        """Return what :meth:`resume` needs, ready for JSON."""
        return asdict(self) | {"since": self.since.isoformat() if self.since else None}

    @classmethod
    def resume(cls, state: dict[str, Any]) -> "Verification":
        """Return the walk that ``state`` was taken from."""
        said = dict(state)
        said["since"] = datetime.fromisoformat(said["since"]) if said["since"] else None
        said["findings"] = [Finding(**one) for one in said["findings"]]
        return cls(**said)

    # --- the parts ---------------------------------------------------------------------------

    def _find(self, kind: str, words: str, position: int | None = None, event: Any = None) -> None:
        self.troubles += 1
        if len(self.findings) < FINDINGS_KEPT:
            at = moment_of(event).isoformat(timespec="milliseconds") if event else None
            self.findings.append(Finding(kind, words, position, str(event) if event else None, at))

    def _compare_anchors(self, given: Iterable[Anchor]) -> None:
        batch: list[Anchor] = []
        for anchor in (*known_anchors(), *given):
            self.anchors += 1
            batch.append(anchor)
            if len(batch) == 1000:
                self._compare(batch)
                batch = []
        self._compare(batch)

    def _compare(self, batch: list[Anchor]) -> None:
        there = _seals_at([anchor.position for anchor in batch])
        for anchor in batch:
            said = {"position": anchor.position, "at": anchor.at, "source": anchor.source}
            if not anchor.position:
                self._find("anchor", _("an anchor of the file cannot be read: %(at)s") % said)
            elif anchor.position > self.until:
                words = _(
                    "the chain ends at %(until)s, but the anchor of %(at)s (%(source)s) knows "
                    "position %(position)s: its tail was cut off"
                )
                self._find("tail", words % (said | {"until": self.until}), anchor.position)
            elif there.get(anchor.position) != anchor.hash:
                words = _(
                    "the seal at %(position)s is not the one that the anchor of %(at)s "
                    "(%(source)s) knows: the chain up to there was rewritten"
                )
                self._find("anchor", words % said, anchor.position)

    def _walk_links(self) -> None:
        with connection.cursor() as cursor:
            # One more than is judged: the next link tells which of seal and line was touched.
            cursor.execute(
                "SELECT position, event_id, previous, hash FROM common_chainlink "
                "WHERE position > %s AND position <= %s ORDER BY position LIMIT %s",
                [self.position, self.until, BATCH + 1],
            )
            links = cursor.fetchall()
            judged = links[:BATCH]
            cursor.execute(
                f"SELECT e.id, {LINE} FROM common_event e WHERE e.id = ANY(%s)",
                [[link[1] for link in judged]],
            )
            lines = dict(cursor.fetchall())
        for index, link in enumerate(judged):
            follower = links[index + 1] if index + 1 < len(links) else None
            self._judge(link, lines.get(link[1]), follower)
        if len(links) <= BATCH:
            if self.position < self.until:
                self._gap(self.position + 1, self.until)
            self.phase = LINES

    def _judge(self, link: Any, line: str | None, follower: Any) -> None:
        position, event, before, hash_ = link[0], link[1], bytes(link[2]), bytes(link[3])
        if position != self.position + 1:
            self._gap(self.position + 1, position - 1)
        elif before.hex() != self.seal:
            words = _("the seal at %(position)s does not follow the one before it")
            self._find("link", words % {"position": position}, position, event)
        if line is None:
            words = _("line %(event)s was sealed at %(position)s and is gone")
            self._find("deleted", words % {"event": event, "position": position}, position, event)
        elif seal_of(before, line) != hash_:
            # The next link remembers the seal as it was.
            is_line = follower is None or bytes(follower[2]) == hash_
            words = (
                _("line %(event)s, sealed at %(position)s, was changed afterwards")
                if is_line
                else _("the seal of line %(event)s at %(position)s was rewritten")
            )
            kind = "changed" if is_line else "link"
            self._find(kind, words % {"event": event, "position": position}, position, event)
        self.position, self.seal = position, hash_.hex()
        self.links += 1

    def _gap(self, first: int, last: int) -> None:
        words = _("the seals from %(first)s to %(last)s are missing")
        self._find("gap", words % {"first": first, "last": last}, first)

    def _look_for_strangers(self) -> None:
        low = UUID(self.after)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM common_event WHERE id > %s ORDER BY id LIMIT 1 OFFSET %s",
                [low, BATCH * 4 - 1],
            )
            row = cursor.fetchone()
            high = row[0] if row else UUID(int=2**128 - 1)
            # Both sides in the same range, so that neither index is read whole.
            cursor.execute(
                "SELECT e.id FROM common_event e WHERE e.id > %(low)s AND e.id <= %(high)s "
                "AND NOT EXISTS (SELECT 1 FROM common_chainlink c WHERE c.event_id = e.id "
                "AND c.event_id > %(low)s AND c.event_id <= %(high)s) "
                "AND NOT EXISTS (SELECT 1 FROM common_unsealedevent u WHERE u.event_id = e.id) "
                "ORDER BY e.id LIMIT %(most)s",
                {"low": low, "high": high, "most": FINDINGS_KEPT},
            )
            strangers = [found[0] for found in cursor.fetchall()]
            cursor.execute(
                "SELECT count(*) FROM common_event WHERE id > %s AND id <= %s", [low, high]
            )
            self.lines += cursor.fetchone()[0]
        for event in strangers:
            if _waits_for_fill_back(event):
                continue
            words = _(
                "line %(event)s has no seal and was never noted: it was put in behind the "
                "chain's back, or its seal was taken away"
            )
            self._find("slipped_in", words % {"event": event}, None, event)
        self.after = str(high)
        if row is None:
            self._look_at_noted()
            self.phase = DONE

    def _look_at_noted(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT u.event_id, e.id IS NULL FROM common_unsealedevent u "
                "LEFT JOIN common_event e ON e.id = u.event_id "
                "WHERE e.id IS NULL OR u.noted_at < now() - make_interval(secs => %s) ORDER BY u.noted_at LIMIT %s",
                [SEALED_WITHIN.total_seconds(), FINDINGS_KEPT],
            )
            for event, is_gone in cursor.fetchall():
                words = (
                    _("line %(event)s was noted and is gone before it was sealed")
                    if is_gone
                    else _("line %(event)s waits for its seal for more than ten minutes")
                )
                kind = "vanished" if is_gone else "unsealed"
                self._find(kind, words % {"event": event}, None, event)


def _waits_for_fill_back(event: UUID) -> bool:
    """Tell whether the back-fill of what is older than the chain has not come to ``event`` yet."""
    running = Deadline.objects.filter(kind="history.fill_back", done_at=None).first()
    return running is not None and event > UUID(running.payload.get("after", _FIRST))


def _seals_at(positions: list[int]) -> dict[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT position, hash FROM common_chainlink WHERE position = ANY(%s)", [positions]
        )
        return {position: bytes(hash_) for position, hash_ in cursor.fetchall()}


def _seal_at(position: int) -> str | None:
    found = _seals_at([position]).get(position)
    return found.hex() if found else None


def _position_before(moment: datetime, last: int) -> int:
    """Return the position of the last seal before ``moment``: seals are made in order, so halving finds it."""
    low, high = 0, last
    with connection.cursor() as cursor:
        while low < high:
            middle = (low + high + 1) // 2
            cursor.execute(
                "SELECT position, sealed_at FROM common_chainlink "
                "WHERE position <= %s ORDER BY position DESC LIMIT 1",
                [middle],
            )
            row = cursor.fetchone()
            if row is None or row[1] < moment:
                low = middle
            else:
                high = min(middle, row[0]) - 1
    return low
