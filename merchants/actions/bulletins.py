"""Bulletins: drafted and tried by one person, approved by another above a number of shops."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.actions import notify, notify_many
from accounts.models import User
from accounts.rules import RIGHTS
from common.errors import DomainError, Forbidden
from common.history import record
from common.masking import mask_text
from common.parameters import value
from common.rights import require_right
from common.text import clean
from merchants.actions.cases import words_of
from merchants.bulletins import rules
from merchants.bulletins.audience import check_audience
from merchants.models import Bulletin, BulletinState, Urgency
from merchants.queries.bulletins import DryRun, dry_run, refusal_words

MANAGE, APPROVE = "bulletins.manage", "bulletins.approve"
LONGEST_ZH, LONGEST_EN, LONGEST_BODY, LONGEST_LINK = 60, 100, 4_000, 300
LINES_NAMED = 10


@dataclass(frozen=True)
class BulletinWords:
    """What a bulletin says: both languages, an address to go on to, how urgent it is."""

    title_zh: str
    title_en: str
    body_zh: str
    body_en: str
    link: str = ""
    urgency: str = Urgency.NORMAL


@transaction.atomic
def draft_bulletin(
    words: BulletinWords,
    audience: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> Bulletin:
    """Draft a bulletin; nobody outside sees it.

    Raises ``forbidden``, ``bulletin.bad_link``, ``bulletin.urgency``, the codes of ``check_audience``
    and of ``clean``. Numbers of shops are looked up when it is tried, not here.
    """
    require_right(by, MANAGE)
    fields, moment = _fields(words, audience), now or timezone.now()
    made = Bulletin.objects.create(**fields, drafted_by=by, drafted_at=moment)
    record(
        made, "bulletin.drafted", by=by, after=_facts(fields),
        reason=words_of(reason, required=False), at=moment,
    )  # fmt: skip
    return made


@transaction.atomic
def edit_bulletin(
    bulletin: Bulletin,
    words: BulletinWords,
    audience: Mapping[str, Any],
    *,
    by: User,
    reason: str = "",
    now: datetime | None = None,
) -> Bulletin:
    """Write a draft anew, by who drafted it: so that whoever approves has written nothing of it.

    Raises as :func:`draft_bulletin`, ``bulletin.not_yours`` and ``bulletin.cannot_move``.
    """
    require_right(by, MANAGE)
    row, moment = held(bulletin), now or timezone.now()
    if row.state != BulletinState.DRAFT:
        raise cannot_move(row)
    if row.drafted_by_id != by.pk:
        raise Forbidden(
            _("Whoever drafted it writes it. Draft one of your own."), code="bulletin.not_yours"
        )
    fields = _fields(words, audience)
    before = {name: getattr(row, name) for name in fields}
    for name, given in fields.items():
        setattr(row, name, given)
    row.save(update_fields=list(fields))
    record(
        row, "bulletin.edited", by=by, before=_facts(before), after=_facts(fields),
        reason=words_of(reason, required=False), at=moment,
    )  # fmt: skip
    return row


@transaction.atomic
def ask_approval(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Hand a draft to a second person: what it says and whom it is for change no more.

    Raises ``forbidden``, ``bulletin.cannot_move``, ``bulletin.unknown_shops`` (names the lines) and
    ``bulletin.nobody``.
    """
    require_right(by, MANAGE)
    row, moment = held(bulletin), now or timezone.now()
    require_move(row, rules.WAITING)
    tried = tried_out(row, moment)
    move(
        row, rules.WAITING, "bulletin.approval_asked", by=by, reason=reason, now=moment,
        asked_at=moment, shops_asked=tried.shops,
    )  # fmt: skip
    roles = [role for role, rights in RIGHTS.items() if APPROVE in rights]
    notify_many(
        User.objects.filter(roles__overlap=roles).exclude(pk__in=[by.pk, row.drafted_by_id]),
        "house.bulletin",
        title=_("A bulletin to %(shops)s shops waits for a second person"),
        url=page_of(row),
        subject=row,
        dedupe=f"asked-{moment.isoformat()}",
        words={"shops": tried.shops},
        now=moment,
    )
    return row


@transaction.atomic
def approve_bulletin(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Approve it as the second person; it may be sent then.

    Raises ``forbidden``, ``bulletin.same_person`` and ``bulletin.cannot_move``.
    """
    require_right(by, APPROVE)
    row, moment = held(bulletin), now or timezone.now()
    _require_second(row, by)
    require_move(row, rules.APPROVED)
    move(
        row, rules.APPROVED, "bulletin.approved", by=by, reason=reason, now=moment,
        approved_by=by, approved_at=moment,
    )  # fmt: skip
    _tell_drafter(row, _("Your bulletin is approved"), by, moment)
    return row


@transaction.atomic
def send_back_bulletin(
    bulletin: Bulletin, *, by: User, reason: str, now: datetime | None = None
) -> Bulletin:
    """Give it back to who drafted it, as the second person, with what is wrong.

    Raises ``forbidden``, ``bulletin.same_person``, ``bulletin.no_reason`` and ``bulletin.cannot_move``.
    """
    require_right(by, APPROVE)
    row, moment = held(bulletin), now or timezone.now()
    _require_second(row, by)
    if not reason.strip():
        raise DomainError("bulletin.no_reason", _("Write why."))
    if row.state != BulletinState.WAITING:
        raise cannot_move(row)
    move(
        row, rules.DRAFT, "bulletin.sent_back", by=by, reason=reason, now=moment,
        asked_at=None, shops_asked=None,
    )  # fmt: skip
    _tell_drafter(row, _("Your bulletin was sent back"), by, moment)
    return row


@transaction.atomic
def drop_bulletin(
    bulletin: Bulletin, *, by: User, reason: str = "", now: datetime | None = None
) -> Bulletin:
    """Give it up before anybody was told. Raises ``forbidden`` and ``bulletin.cannot_move``."""
    require_right(by, MANAGE)
    row, moment = held(bulletin), now or timezone.now()
    require_move(row, rules.DROPPED)
    move(row, rules.DROPPED, "bulletin.dropped", by=by, reason=reason, now=moment, closed_at=moment)
    return row


# --- What every move does ---------------------------------------------------------------------------


def held(bulletin: Bulletin) -> Bulletin:
    """Return the bulletin as it is now, held until the transaction ends."""
    return Bulletin.objects.select_for_update(no_key=True).get(pk=bulletin.pk)


def require_move(row: Bulletin, to: str) -> None:
    """Raise ``bulletin.cannot_move`` unless a held bulletin may go to ``to``."""
    if not rules.may_move(row.state, to):
        raise cannot_move(row)


def cannot_move(row: Bulletin) -> DomainError:
    """Return the refusal that names where a bulletin is."""
    return DomainError(
        "bulletin.cannot_move",
        _("This is not possible while it is “%(state)s”.") % {"state": row.get_state_display()},
        state=row.state,
    )


def tried_out(row: Bulletin, now: datetime) -> DryRun:
    """Return whom it would be told to now. Raises ``bulletin.unknown_shops``, ``bulletin.nobody``."""
    found = dry_run(row.audience, now)
    unknown = [one for one in found.refused if one.why == rules.UNKNOWN]
    if unknown:
        lines = [
            _("line %(line)s: %(shop_no)s") % {"line": one.line, "shop_no": one.shop_no}
            for one in unknown[:LINES_NAMED]
        ]
        raise DomainError(
            "bulletin.unknown_shops",
            _("%(n)s numbers are of no shop (%(lines)s). Correct them first.")
            % {"n": found.by_why[rules.UNKNOWN], "lines": "; ".join(str(one) for one in lines)},
            lines=[one.line for one in unknown],
        )
    if not found.shops:
        first = found.refused[0] if found.refused else None
        words: Any = _("No shop fits, so nobody would be told.")
        if first is not None:
            words = _("Nobody would be told. %(shop_no)s: %(why)s") % {
                "shop_no": first.shop_no, "why": refusal_words(first.why),
            }  # fmt: skip
        raise DomainError("bulletin.nobody", words)
    return found


def page_of(row: Bulletin) -> str:
    """Return the address of its page in the back office."""
    return f"/admin/merchants/bulletin/{row.pk}/change/"


def needs_second(row: Bulletin, shops: int, now: datetime) -> bool:
    """Tell whether so many shops are not told without a second person, as of ``now``."""
    return row.approved_by_id is None and shops > value("bulletin.second_person_above", now)


def move(
    row: Bulletin, to: str, event: str, *, by: User | None, reason: str, now: datetime, **fields: Any
) -> None:  # fmt: skip
    """Take a held bulletin to another state, with its line of history."""
    before = {"state": row.state}
    fields |= {"state": to}
    for name, given in fields.items():
        setattr(row, name, given)
    row.save(update_fields=list(fields))
    record(
        row, event, by=by, before=before, after=fields,
        reason=words_of(reason, required=False), at=now,
    )  # fmt: skip


def _require_second(row: Bulletin, by: User) -> None:
    if row.drafted_by_id == by.pk:
        raise Forbidden(
            _("A second person decides this: not who drafted it."), code="bulletin.same_person"
        )


def _tell_drafter(row: Bulletin, title: object, by: User, now: datetime) -> None:
    notify(
        row.drafted_by, "house.bulletin", title=title, body=row.title_zh, url=page_of(row),
        subject=row, dedupe=f"{row.state}-{now.isoformat()}", now=now,
    )  # fmt: skip


def _fields(words: BulletinWords, audience: Mapping[str, Any]) -> dict[str, Any]:
    if words.urgency not in Urgency.values:
        raise DomainError("bulletin.urgency", _("There is no such urgency."))
    said = asdict(words) | {
        "title_zh": _line(words.title_zh, LONGEST_ZH),
        "title_en": _line(words.title_en, LONGEST_EN),
        "body_zh": mask_text(clean(words.body_zh, max_chars=LONGEST_BODY)),
        "body_en": mask_text(clean(words.body_en, max_chars=LONGEST_BODY)),
        "link": _link(words.link),
    }
    checked = check_audience(audience)
    most = value("bulletin.listed")
    if len(checked.get("shop_nos", ())) > most:
        raise DomainError(
            "audience.too_many",
            _("Name at most %(most)s shops; describe them instead.") % {"most": most},
            field="shop_nos",
        )
    return said | {"audience": checked}


def _line(text: str, most: int) -> str:
    return mask_text(clean(text, max_chars=most, single_line=True))


def _link(link: str) -> str:
    """Return a path of ours, or an https address without an account in it."""
    text = clean(link, max_chars=LONGEST_LINK, single_line=True, required=False)
    if not text:
        return ""
    is_clear = not any(one in text for one in ("\\", " "))
    if is_clear and text.startswith("/") and not text.startswith("//"):
        return text
    try:
        parts = urlsplit(text)
        is_web = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
    except ValueError:
        is_web = False
    if not (is_clear and is_web):
        raise DomainError(
            "bulletin.bad_link",
            _("A link is a path of ours (/rules/…) or an address that begins with https://."),
        )
    return text


def _facts(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return what history keeps: named shops as a number, texts as they are."""
    audience = dict(fields["audience"])
    if "shop_nos" in audience:
        audience["shop_nos"] = len(audience["shop_nos"])
    return {**fields, "audience": audience}
