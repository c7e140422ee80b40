"""What proves the history: verifications and anchors, to be read and compared."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from common.admin.base import ReadOnlyAdmin
from common.admin.chips import Chip
from common.models import ChainAnchor, HistoryCheck


@admin.register(HistoryCheck)
class HistoryCheckAdmin(ReadOnlyAdmin):
    """Verifications of the history: every night the last day, on Sundays all of it."""

    list_display = ("started_at", "verdict", "scope", "lines", "position", "trouble_count")
    fields = ("started_at", "finished_at", "verdict", "scope", "lines", "position", "found")

    @display(description=gettext_lazy("verdict"))
    def verdict(self, check: HistoryCheck) -> str:
        match check.is_sound:
            case None:
                return Chip(_("still walking"), "info")
            case True:
                return Chip(_("nothing was changed"), "success")
            case _:
                return Chip(_("does not fit"), "danger")

    @display(description=gettext_lazy("scope"))
    def scope(self, check: HistoryCheck) -> str:
        return _("the last day") if check.since else _("all of it")

    @display(description=gettext_lazy("what does not fit"))
    def found(self, check: HistoryCheck) -> str:
        rows = format_html_join("", "<p>{}</p>", ((one["words"],) for one in check.findings))
        return rows or self.get_empty_value_display()


@admin.register(ChainAnchor)
class ChainAnchorAdmin(ReadOnlyAdmin):
    """Where the chain ended each night. The same lines lie in the log and in a file outside."""

    list_display = ("at", "position", "seal")
    fields = ("at", "position", "seal")

    @display(description=gettext_lazy("seal"))
    def seal(self, anchor: Any) -> str:
        return bytes(anchor.hash).hex()
