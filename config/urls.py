"""All addresses of the house."""

from django.contrib import admin
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.i18n import JavaScriptCatalog

from accounts import api_urls as accounts
from accounts.webhooks import urls as webhooks
from apass import api_urls as apass
from common import api_urls as common
from common.search.api import Search
from common.search.views import search_page
from config import views
from config.openapi import views as openapi
from merchants import urls as merchants
from tickets import urls as tickets
from trade import urls as trade

# One list: a request is held against the prefix once, and then against each address.
api = [
    *accounts.urlpatterns,
    *tickets.urlpatterns,
    *trade.urlpatterns,
    *webhooks.urlpatterns,
    *apass.urlpatterns,
    path("search/", Search.as_view(), name="api-search"),
    *merchants.urlpatterns,
    *common.urlpatterns,
]

urlpatterns = [
    path("healthz", views.healthz),
    path("readyz", views.readyz),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/schema/", openapi.schema, name="api-schema"),
    path("api/docs/", openapi.docs, name="api-docs"),
    path("api/v1/", include(api)),
    path("search/", search_page, name="search"),
    path("", include("radio.urls")),
    # Its address names language and release (``catalogue_url``): browsers may keep it for good.
    path(
        "jsi18n/",
        cache_control(max_age=31_536_000, immutable=True)(JavaScriptCatalog.as_view()),
        name="javascript-catalog",
    ),
    path("", include("accounts.notifications.urls")),
    path("", include("apass.page_urls")),
    path("", include("merchants.page_urls")),
    path("", include("tickets.page_urls")),
    path("", include("accounts.urls")),
]

handler400 = "config.errors.bad_request"
handler403 = "config.errors.forbidden"
handler404 = "config.errors.not_found"
handler500 = "config.errors.broken"
