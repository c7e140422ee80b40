from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextareaWidget,
)

from accounts.actions import (
    issue_integration_token,
    revoke_integration_token,
    rotate_integration_token,
)
from accounts.models import IntegrationToken, User
from accounts.people import signed_in
from accounts.scopes import RESOURCES, SCOPES, WRITE
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.admin.acts import Act
from common.events import name_events
from common.parameters import value

USUAL_LIFE = timedelta(days=90)

name_events(
    {
        "integration_token.issued": gettext_lazy("Integration token issued"),
        "integration_token.rotated": gettext_lazy("Integration token renewed"),
        "integration_token.revoked": gettext_lazy("Integration token revoked"),
    }
)


def scope_words(scope: str) -> str:
    """Say a scope: what it is about, and whether it only looks."""
    resource, _colon, act = scope.partition(":")
    label = RESOURCES[resource][0] if resource in RESOURCES else resource
    return f"{label} · {_('may write') if act == WRITE else _('may read')}"


class LastDay(forms.DateField):
    """The last day, whole, on which a token works."""

    def __init__(self, **given: Any) -> None:
        super().__init__(
            label=gettext_lazy("Works until the end of"),
            widget=UnfoldAdminSingleDateWidget(),
            initial=lambda: timezone.localdate() + USUAL_LIFE,
            **given,
        )

    def clean(self, raw: Any) -> datetime:
        day = super().clean(raw)
        end: datetime = timezone.make_aware(datetime.combine(day, time.max))
        now, longest = timezone.now(), value("token.integration_longest")
        # The last day of the longest span is allowed as a whole day would not be.
        if end <= now or day > timezone.localdate(now + longest):
            raise ValidationError(
                _("A token ends, in %(days)s days at the latest. Choose a nearer day.")
                % {"days": longest.days},
                code="too_long",
            )
        return min(end, now + longest)


class RenewForm(ReasonForm):
    """Until when the new secret works."""

    expires_at = LastDay()


class IssueForm(forms.ModelForm):  # type: ignore[type-arg]
    """Which system acts for whom, what it may, until when, and why."""

    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("Allowed"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=gettext_lazy(
            "No more than this system needs. What its person may not do, the token may not either."
        ),
    )
    expires_at = LastDay()
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into the history; colleagues and auditors read it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        scopes: Any = self.fields.get("scopes")
        if scopes is not None:
            scopes.choices = [(scope, scope_words(scope)) for scope in SCOPES]

    def clean_owner(self) -> User:
        owner: User = self.cleaned_data["owner"]
        if owner.is_superuser or not owner.is_active:
            raise ValidationError(_("Choose a person who may sign in and is no superuser."))
        return owner


class TokenStateFilter(admin.SimpleListFilter):
    """Tokens that work, and those that no longer do."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("living", _("Working")),
            ("soon", _("Ends within 14 days")),
            ("ended", _("Ended")),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        now = timezone.now()
        living = queryset.filter(revoked_at=None, expires_at__gt=now)
        match self.value():
            case "living":
                return living
            case "soon":
                return living.filter(expires_at__lte=now + timedelta(days=14))
            case "ended":
                return queryset.exclude(revoked_at=None, expires_at__gt=now)
        return queryset


@admin.register(IntegrationToken)
class IntegrationTokenAdmin(BaseAdmin):
    """Keys of other systems. A secret is shown once, on the page after issuing or renewing it."""

    event_noun = "integration_token"
    allow_add = True
    form = IssueForm
    editable_fields = ("name", "owner", "scopes", "expires_at", "reason")
    autocomplete_fields = ("owner",)
    list_display = ("name", "owner", "allowed", "expires_at", "last_used_at", "state")
    list_select_related = ("owner",)
    list_filter = (TokenStateFilter,)
    search_fields = ("name", "=owner__username")
    search_help_text = gettext_lazy("Name, or account it acts for")
    fields = (
        "name",
        "public_id",
        "owner",
        "allowed",
        "state",
        "issued_at",
        "secret_since",
        "expires_at",
        "last_used_at",
        "last_used_address",
        "revoked_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return signed_in(request).can("tokens.manage") and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else self.editable_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields if obj else ()

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        # Issuing ends on the page of the secret: there is nothing to go on with.
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        context = buttons | (extra_context or {})
        return super().changeform_view(request, object_id, form_url, context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = form.cleaned_data
        token, secret = issue_integration_token(
            given["owner"],
            name=given["name"],
            scopes=given["scopes"],
            expires_at=given["expires_at"],
            by=signed_in(request),
            reason=given["reason"],
        )
        obj.pk = token.pk
        _show_once(request, token, secret)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> Any:
        return self._secrets_page(request)

    def act_page(
        self, request: HttpRequest, act: Act, queryset: Any, *, back: str, from_list: bool = False
    ) -> HttpResponse | None:
        response = super().act_page(request, act, queryset, back=back, from_list=from_list)
        # None: it was done and not only tried. Secrets go onto a page, never into a message,
        # which would be kept in a cookie.
        return self._secrets_page(request) if response is None and _shown(request) else response

    def _secrets_page(self, request: HttpRequest) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": _("The secret, shown only now"),
            "secrets": _shown(request),
            "opts": self.opts,
            "back": reverse("admin:accounts_integrationtoken_changelist"),
        }
        response = TemplateResponse(request, "accounts/admin/secret.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @display(description=gettext_lazy("id"))
    def public_id(self, token: IntegrationToken) -> str:
        return token.key

    @display(description=gettext_lazy("allowed"))
    def allowed(self, token: IntegrationToken) -> str:
        return format_html_join(
            " ", '<span class="x-chip">{}</span>', ((scope_words(s),) for s in token.scopes)
        )

    @display(description=gettext_lazy("state"))
    def state(self, token: IntegrationToken) -> str:
        match token.why_refused(timezone.now()):
            case "":
                return _("working")
            case "token.expired":
                return _("expired")
        return _("revoked") if token.revoked_at else _("account closed")

    @reason_action(
        gettext_lazy("Renew secret"),
        right="tokens.manage",
        form=RenewForm,
        question=gettext_lazy("Give this token a new secret?"),
        consequence=gettext_lazy(
            "The old secret stops at once, its open sockets too. The new one is shown once, on the next page."
        ),
        dangerous=True,
        fits=lambda token: token.revoked_at is None,
    )
    def rotate(self, request: HttpRequest, token: Any, answers: dict[str, Any]) -> None:
        secret = rotate_integration_token(
            token,
            expires_at=answers["expires_at"],
            by=signed_in(request),
            reason=answers["reason"],
        )
        _show_once(request, token, secret)

    @reason_action(
        gettext_lazy("Revoke"),
        right="tokens.manage",
        question=gettext_lazy("Stop these tokens from working?"),
        consequence=gettext_lazy(
            "Whoever uses them is refused from now on. A revoked token never works again."
        ),
        dangerous=True,
        fits=lambda token: token.revoked_at is None,
    )
    def revoke(self, request: HttpRequest, token: Any, answers: dict[str, Any]) -> None:
        revoke_integration_token(token, by=signed_in(request), reason=answers["reason"])


def _show_once(request: Any, token: IntegrationToken, secret: str) -> None:
    request.secrets_to_show = [*_shown(request), (token, secret)]


def _shown(request: Any) -> list[tuple[IntegrationToken, str]]:
    return getattr(request, "secrets_to_show", [])
