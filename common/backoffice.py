"""The site of the back office: strangers find nothing here."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.functional import SimpleLazyObject
from unfold.sites import UnfoldAdminSite

from common.selftest import selftest, selftest_echo


class BackOffice(UnfoldAdminSite):
    """One door for signing in (the house's own); what you may not see does not exist."""

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        guarded = super().admin_view(view, cacheable)

        @wraps(view)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            try:
                return guarded(request, *args, **kwargs)
            except PermissionDenied:
                raise Http404 from None

        return shown

    def extra_urls(self) -> list[URLPattern]:
        """Return the pages that belong to no table."""
        return [
            path(
                "selftest/",
                self.admin_view(lambda request: selftest(request, self)),
                name="selftest",
            ),
            path("selftest/echo/", self.admin_view(selftest_echo), name="selftest-echo"),
        ]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """Return the lists this person may open, found when a page shows them.

        Django hands them to every page, and the sidebar is our own: a fifth of a page's time for nothing.
        """
        found = super().get_app_list
        return SimpleLazyObject(lambda: found(request, app_label))

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send people to the house's own door, and back here afterwards."""
        if request.user.is_authenticated and not self.has_permission(request):
            raise Http404
        wanted = request.GET.get("next", "")
        return HttpResponseRedirect(
            f"{settings.LOGIN_URL}?{urlencode({'next': wanted or request.path})}"
        )

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Send people to their own page: Django's would change a password and end, count and tell nothing."""
        return HttpResponseRedirect(reverse("profile"))

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is nothing to say here: see :meth:`password_change`."""
        return HttpResponseRedirect(reverse("profile"))
