from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from accounts import senders
from accounts.actions import (
    end_session,
)
from accounts.models import (
    SentText,
    WebSession,
)
from accounts.people import signed_in
from common.admin import BaseAdmin, reason_action


@admin.register(WebSession)
class WebSessionAdmin(BaseAdmin):
    """Who signed in, where, how, and why it ended: the sign-in history."""

    list_display = (
        "signed_in_at",
        "who",
        "device",
        "address",
        "method",
        "seen_at",
        "ended_at",
        "ended_why",
    )
    list_filter = ("method", "ended_why")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    search_help_text = _("Account or address, exactly")
    fields = (
        "who",
        "device",
        "address",
        "method",
        "signed_in_at",
        "seen_at",
        "ended_at",
        "ended_why",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if term:
            queryset = queryset.filter(Q(user__username__iexact=term) | Q(address=term))
        return queryset, False

    def title_of(self, request: HttpRequest, row: WebSession) -> str:
        return f"{row.user.shown_name} {row.device_words}"

    @display(description=_("person"))
    def who(self, session: WebSession) -> str:
        return session.user.shown_name

    @display(description=_("device"))
    def device(self, session: WebSession) -> str:
        return session.device_words

    @reason_action(
        _("End"),
        right="people.manage",
        question=_("End this session?"),
        consequence=_("Its pages and sockets end at once; signing in again is possible."),
        fits=lambda session: session.ended_at is None,
    )
    def end(self, request: HttpRequest, session: WebSession, answers: dict[str, Any]) -> None:
        end_session(session, by=signed_in(request), why=answers["reason"])


@admin.register(SentText)
class SentTextAdmin(BaseAdmin):
    """What the simulated provider would have sent. Elsewhere this page does not exist."""

    list_display = ("at", "phone", "text")
    fields = ("at", "phone", "text")
    search_fields = ("phone",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        return (queryset.filter(phone=term) if term else queryset), False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Whoever reads a code can come in with it: only where the house is a play.
        is_play = senders.is_simulated() and (settings.DEMO or settings.DEBUG)
        return (
            is_play
            and super().has_view_permission(request, obj)
            and signed_in(request).can("personal_data.reveal")
        )

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)
