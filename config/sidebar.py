"""The sidebar of the back office: own groups, each item only for those who may open it."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from unfold.dataclasses import SearchResult

from common.admin import BaseAdmin
from common.dashboard import badge_of
from common.search import search
from common.search.kinds import ADMIN
from common.text import TextRefused


def environment_name(request: HttpRequest) -> str:
    """Say which house this is, under its name."""
    if settings.DEMO:
        return _("Demo world")
    return _("Development") if settings.DEBUG else _("Production")


def environment(request: HttpRequest) -> list[str] | None:
    """Return the label in the head of the page; the real house has none."""
    if settings.DEMO:
        return [_("Demo world"), "info"]
    return [_("Development"), "warning"] if settings.DEBUG else None


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups and items this person may open; the theme need not ask again."""
    first = [
        {
            "title": _("First page"),
            "icon": "home",
            "link": reverse("admin:index"),
        },
        {
            "title": _("Self-test"),
            "icon": "network_check",
            "link": reverse("admin:selftest"),
        },
    ]
    groups = [{"title": "", "items": first}]
    for title, models in _groups():
        items = [item for label, icon in models if (item := _item(request, label, icon))]
        if items:
            groups.append({"title": title, "items": items})
    return groups


def _groups() -> list[tuple[str, list[tuple[str, str]]]]:
    return [
        (
            _("Reception"),
            [
                ("tickets.conversation", "chat"),
                ("tickets.harassmentcase", "report"),
                ("tickets.contactblock", "block"),
                ("tickets.cannedreply", "bolt"),
                ("tickets.disposition", "done_all"),
                ("tickets.recalledmessage", "undo"),
            ],
        ),
        (
            _("Trade and rulings"),
            [
                ("trade.order", "receipt_long"),
                ("trade.refund", "currency_exchange"),
                ("trade.product", "sell"),
            ],
        ),
        (
            _("Members and merchants"),
            [
                ("accounts.member", "person"),
                ("accounts.populationday", "bar_chart"),
                ("accounts.segment", "filter_alt"),
                ("accounts.standingrules", "rule"),
                ("accounts.scoreentry", "credit_score"),
                ("accounts.tiertitle", "military_tech"),
                ("accounts.guide", "hiking"),
                ("accounts.standingrun", "history_toggle_off"),
                ("accounts.contact", "contacts"),
                ("accounts.likeness", "group"),
                ("apass.entitlement", "redeem"),
                ("apass.entitlementrule", "rule"),
                ("apass.servicepackage", "inventory_2"),
                ("apass.redemption", "confirmation_number"),
                ("apass.grant", "card_giftcard"),
                ("apass.membership", "workspace_premium"),
                ("apass.prospect", "person_search"),
                ("apass.managerassignment", "support_agent"),
                ("apass.candidaterun", "event_repeat"),
                ("merchants.shop", "storefront"),
                ("merchants.merchant", "domain"),
            ],
        ),
        (_("Testbed"), [("apass.rollout", "science"), ("apass.cohort", "group_work")]),
        (
            _("Personal data"),
            [
                ("accounts.personaldatarequest", "assignment_ind"),
                ("accounts.personaldataaccess", "visibility"),
                ("accounts.legalhold", "gavel"),
                ("accounts.erasurecertificate", "verified_user"),
            ],
        ),
        (
            _("Voice"),
            [
                ("radio.case", "campaign"),
                ("radio.edition", "newspaper"),
                ("radio.channel", "radio"),
                ("radio.subscription", "notifications"),
                ("radio.feedtoken", "rss_feed"),
            ],
        ),
        (
            _("Notifications"),
            [
                ("accounts.notificationdelivery", "outgoing_mail"),
                ("accounts.pushdevice", "smartphone"),
                ("accounts.pushsubscription", "language"),
                ("accounts.simulatedpush", "science"),
            ],
        ),
        (
            _("People and shifts"),
            [
                ("accounts.user", "badge"),
                ("accounts.device", "smartphone"),
                ("accounts.integrationtoken", "key"),
                ("accounts.websession", "login"),
                ("accounts.senttext", "sms"),
                ("workforce.team", "groups"),
                ("workforce.agentstatus", "headset_mic"),
                ("workforce.presencespan", "timelapse"),
                ("workforce.skill", "school"),
                ("workforce.agentskill", "workspace_premium"),
                ("workforce.workcalendar", "schedule"),
                ("workforce.calendarexception", "event_busy"),
                ("workforce.partner", "handshake"),
                ("workforce.partnerstaff", "group"),
                ("workforce.qualitymeasure", "monitoring"),
                ("workforce.authorityfactor", "trending_up"),
                ("workforce.authoritycap", "vertical_align_top"),
            ],
        ),
        (
            _("Rules"),
            [
                ("common.parameter", "tune"),
                ("common.calendarday", "calendar_month"),
                ("common.event", "history"),
                ("common.historycheck", "verified"),
                ("common.chainanchor", "anchor"),
                ("common.deadline", "timer"),
                ("common.heartbeat", "ecg_heart"),
            ],
        ),
        (
            _("Partners"),
            [
                ("accounts.webhookendpoint", "webhook"),
                ("accounts.webhookdelivery", "outgoing_mail"),
                ("accounts.webhookhost", "electrical_services"),
            ],
        ),
        (
            _("In bulk"),
            [
                ("common.job", "checklist"),
                ("common.export", "download"),
                ("common.importfile", "upload_file"),
                ("common.importrun", "database_upload"),
            ],
        ),
        (
            _("Machine room"),
            [
                ("django_q.schedule", "schedule"),
                ("django_q.ormq", "queue"),
                ("django_q.failure", "error"),
                ("django_q.success", "task_alt"),
            ],
        ),
    ]


def _item(request: HttpRequest, label: str, icon: str) -> dict[str, Any] | None:
    try:
        model = apps.get_model(label)
    except LookupError:
        return None
    page = admin.site._registry.get(model)
    if page is None or not page.has_view_permission(request):
        return None
    item: dict[str, Any] = {
        "title": str(model._meta.verbose_name_plural),
        "icon": icon,
        "link": reverse(f"admin:{label.replace('.', '_')}_changelist"),
    }
    if badge := badge_of(label):
        item |= {"badge": str(badge), "badge_variant": "danger", "badge_style": "solid"}
    return item


FOUND_OF_A_KIND = 6
PAGES = {
    "conversation": "tickets.conversation",
    "message": "tickets.conversation",
    "note": "tickets.conversation",
    "member": "accounts.member",
    "order": "trade.order",
    "shop": "merchants.shop",
    "product": "trade.product",
    "case": "radio.case",
}
"""The page of the back office on which found things of a kind open."""


def find(request: HttpRequest, term: str) -> list[SearchResult]:
    """Find things for the command bar: what the search finds, and people by account or name."""
    term = request.GET.get("s", term)  # the theme hands over lower case; numbers have capitals
    try:
        groups = search(request.user, term, limit=FOUND_OF_A_KIND, door=ADMIN)
    except TextRefused:
        return []
    found = []
    for group in groups:
        page = _page(request, PAGES.get(group.kind.name, ""))
        for hit in group.hits if page else ():
            said = [str(group.kind.label), hit.line, hit.snippet.text if hit.snippet else ""]
            found.append(
                SearchResult(
                    title=hit.title.text,
                    description=" · ".join(filter(None, said)),
                    link=hit.url,
                    icon="search",
                )
            )
    return found + _people(request, term)


def _people(request: HttpRequest, term: str) -> list[SearchResult]:
    page = _page(request, "accounts.user")
    if page is None or len(term.strip()) < 2:
        return []
    rows, _duplicates = page.get_search_results(request, page.get_queryset(request), term)
    return [
        SearchResult(
            title=page.title_of(request, row),
            description=str(row._meta.verbose_name),
            link=reverse("admin:accounts_user_change", args=[row.pk]),
            icon="search",
        )
        for row in rows[:FOUND_OF_A_KIND]
    ]


def _page(request: HttpRequest, label: str) -> BaseAdmin | None:
    """Return the back office's page of a model when this person may see it."""
    page = admin.site._registry.get(apps.get_model(label)) if label else None
    if not isinstance(page, BaseAdmin) or not page.has_view_permission(request):
        return None
    return page
