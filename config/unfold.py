"""How the back office looks and what its sidebar holds: the theme's one settings dict."""

from collections.abc import Callable

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _file(path: str) -> Callable[[HttpRequest], str]:
    return lambda request: static(path)


UNFOLD = {
    "SITE_TITLE": _("Xiaoer back office"),
    "SITE_HEADER": _("Xiaoer back office"),
    "SITE_SUBHEADER": "config.sidebar.environment_name",
    "SITE_URL": "/",
    "SITE_ICON": {"light": _file("icons/seal.svg"), "dark": _file("icons/seal.svg")},
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _file("icons/seal.svg")}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": False,
    "ENVIRONMENT": "config.sidebar.environment",
    "STYLES": [_file("css/tokens.css"), _file("css/notices.css"), _file("admin/css/xiaoer.css")],
    "SCRIPTS": [_file("admin/js/xiaoer.js")],
    "DASHBOARD_CALLBACK": "common.dashboard.first_page",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "base": {
            "50": "#FFFDF9",
            "100": "#F6F3ED",
            "200": "#EEE9E0",
            "300": "#D3CABB",
            "400": "#A0968A",
            "500": "#8F8678",
            "600": "#6C6459",
            "700": "#544D44",
            "800": "#35302A",
            "900": "#1E1B18",
            "950": "#161412",
        },
        "primary": {
            "50": "#EEF6F3",
            "100": "#DDECE6",
            "200": "#B9DACF",
            "300": "#8AC8B8",
            "400": "#6CC7B4",
            "500": "#1F8B7A",
            "600": "#0B6A5D",
            "700": "#0A5A4F",
            "800": "#08483F",
            "900": "#15332A",
            "950": "#0B211B",
        },
        "font": {
            # base-500 on white has a contrast of 3.5 only.
            "subtle-light": "var(--color-base-600)",
            "subtle-dark": "var(--color-base-400)",
            "default-light": "var(--color-base-700)",
            "default-dark": "var(--color-base-300)",
            "important-light": "var(--color-base-900)",
            "important-dark": "var(--color-base-100)",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "config.sidebar.navigation",
    },
    "COMMAND": {
        "search_models": False,
        "show_history": False,
        "search_callback": "config.sidebar.find",
    },
    "ACCOUNT": {
        "navigation": [
            {"title": _("To the doors"), "link": "/"},
            {"title": _("Self-test"), "link": reverse_lazy("admin:selftest")},
        ]
    },
}
