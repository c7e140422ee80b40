"""Saved views: a list as somebody wants to see it again."""

from collections.abc import Collection
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from common.errors import DomainError, NotFound
from common.history import record
from common.ids import parse_key
from common.models import DefaultView, SavedView
from common.rights import require_right

MOST_VIEWS = 50
"""Views of one person on one list: more are not looked for but searched."""
LONGEST_QUERY = 2_000


@transaction.atomic
def save_view(
    *,
    listing: str,
    name: str,
    query: str,
    roles: Collection[str] = (),
    is_default: bool = False,
    by: Any,
) -> SavedView:
    """Keep a list under a name; a view of one's own with that name is replaced.

    ``query`` is an address's query that the list has accepted. ``roles`` share it and ask for a
    right. Raises ``forbidden``, ``view.no_name``, ``view.too_many``, ``view.too_long``.
    """
    require_right(by, "admin.use")
    if roles:
        require_right(by, "views.share")
    name = " ".join(name.split())[:40]
    if not name:
        raise DomainError("view.no_name", _("Give the view a name."))
    if len(query) > LONGEST_QUERY:
        raise DomainError("view.too_long", _("These filters are too long to be kept."))
    mine = SavedView.objects.filter(owner=by, listing=listing, deleted_at=None)
    if not mine.filter(name=name).exists() and mine.count() >= MOST_VIEWS:
        raise DomainError("view.too_many", _("You have kept many views. Delete one first."))
    view, made = SavedView.objects.update_or_create(
        owner=by,
        listing=listing,
        name=name,
        deleted_at=None,
        defaults={"query": query, "roles": sorted(roles)},
        create_defaults={"query": query, "roles": sorted(roles), "made_at": timezone.now()},
    )
    if is_default:
        open_with(view, listing=listing, by=by)
    record(
        view,
        "view.saved" if made else "view.changed",
        by=by,
        after={"name": name, "listing": listing, "query": query, "roles": sorted(roles)},
    )
    return view


@transaction.atomic
def rename_view(view: SavedView, *, name: str, by: Any) -> SavedView:
    """Give a view of one's own another name. Raises ``view.gone``, ``view.no_name``, ``view.taken``."""
    view = _own(view, by)
    name = " ".join(name.split())[:40]
    if not name:
        raise DomainError("view.no_name", _("Give the view a name."))
    if name == view.name:
        return view
    before = view.name
    view.name = name
    try:
        with transaction.atomic():
            view.save(update_fields=["name"])
    except IntegrityError:
        raise DomainError("view.taken", _("You have a view of this name already.")) from None
    record(view, "view.renamed", by=by, before={"name": before}, after={"name": name})
    return view


@transaction.atomic
def share_view(view: SavedView, *, roles: Collection[str], by: Any) -> SavedView:
    """Show a view to everybody of some roles from now on. Raises ``forbidden``, ``view.gone``."""
    require_right(by, "views.share")
    view = _own(view, by)
    before, view.roles = view.roles, sorted(roles)
    view.save(update_fields=["roles"])
    record(view, "view.shared", by=by, before={"roles": before}, after={"roles": view.roles})
    return view


@transaction.atomic
def delete_view(view: SavedView, *, by: Any) -> SavedView:
    """Take a view of one's own away; it can be brought back. Raises ``view.gone``."""
    view = _own(view, by)
    view.deleted_at = timezone.now()
    view.save(update_fields=["deleted_at"])
    record(view, "view.deleted", by=by, before={"name": view.name})
    return view


@transaction.atomic
def restore_view(view: SavedView, *, by: Any) -> SavedView:
    """Bring back what one deleted. Raises ``view.gone``, ``view.taken``."""
    kept = SavedView.objects.select_for_update().filter(pk=view.pk, owner=by).first()
    if kept is None:
        raise NotFound("view.gone", _("There is no such view, or it is not yours."))
    if kept.deleted_at is None:
        return kept
    kept.deleted_at = None
    try:
        with transaction.atomic():
            kept.save(update_fields=["deleted_at"])
    except IntegrityError:
        raise DomainError("view.taken", _("You have a view of this name already.")) from None
    record(kept, "view.restored", by=by, after={"name": kept.name})
    return kept


@transaction.atomic
def open_with(view: SavedView | None, *, listing: str, by: Any) -> None:
    """Let a list open with ``view`` for this person; None: with everything. Raises ``view.gone``."""
    require_right(by, "admin.use")
    if view is None:
        DefaultView.objects.filter(person=by, listing=listing).delete()
        return
    if not SavedView.objects.visible_to(by).filter(pk=view.pk, listing=listing).exists():
        raise NotFound("view.gone", _("There is no such view, or it is not yours."))
    DefaultView.objects.update_or_create(person=by, listing=listing, defaults={"view": view})


def view_of(public_id: str, *, listing: str, by: Any, deleted: bool = False) -> SavedView | None:
    """Return the view that ``public_id`` names when ``by`` may use it, else None."""
    try:
        key = parse_key("view", public_id)
    except ValueError:
        return None
    rows = SavedView.objects.filter(owner=by) if deleted else SavedView.objects.visible_to(by)
    return rows.filter(pk=key, listing=listing).first()


def _own(view: SavedView, by: Any) -> SavedView:
    kept = (
        SavedView.objects.select_for_update().filter(pk=view.pk, owner=by, deleted_at=None).first()
    )
    if kept is None:
        raise NotFound("view.gone", _("There is no such view, or it is not yours."))
    return kept
