from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminPasswordToggleWidget,
)

from accounts.actions import (
    close_account,
    end_all_sessions,
    invite,
    lift_sign_in_lock,
    reopen_account,
    reset_second_step,
    set_password,
    set_roles,
)
from accounts.admin.contacts import JoinForm, join
from accounts.masks import shown
from accounts.models import (
    Role,
    User,
)
from accounts.people import signed_in
from accounts.queries import IdentityFacts, identity_facts, must_have_second_step
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.words import moment_words

name_parameter_groups(
    {
        "sign_in": _("Signing in"),
        "second_step": _("Second step"),
        "password": _("Passwords"),
        "invitation": _("Invitations"),
        "code": _("Codes to phones"),
        "personal_data": _("Personal data"),
    }
)
name_events(
    {
        "person.roles_set": _("Roles set"),
        "person.closed": _("Account closed"),
        "person.reopened": _("Account reopened"),
        "person.changed": _("Person changed"),
        "person.added": _("Person added"),
        "person.password_set": _("Password set"),
        "person.unlocked": _("Sign-in unlocked"),
        "person.language_set": _("Language set"),
        "person.joined": _("Signed up"),
        "person.invited": _("Invited"),
        "person.invitation_accepted": _("Invitation accepted"),
        "person.password_reset": _("Password set by phone"),
        "person.phone_removed": _("Phone opens the account no more"),
        "person.new_device": _("Signed in with a new device"),
        "person.session_ended": _("Session ended"),
        "person.sessions_ended": _("Sessions ended"),
        "person.code_app_set": _("Code app set up"),
        "person.code_app_removed": _("Code app removed"),
        "person.recovery_codes_made": _("Recovery codes made"),
        "person.recovery_code_used": _("Recovery code used"),
        "person.passkey_added": _("Passkey added"),
        "person.passkey_renamed": _("Passkey renamed"),
        "person.passkey_removed": _("Passkey removed"),
        "person.passkey_copied": _("Passkey refused: it seems copied"),
        "person.second_step_reset": _("Second step taken away"),
        "member.linked": _("Linked to an account"),
        "member.tier_set": _("Tier set"),
        "personal_data.budget_spent": _("Today's looks at personal data used up"),
        "personal_data.budget_refused": _("Look at personal data refused: budget used up"),
    }
)


class RolesForm(ReasonForm):
    """Which roles a person has from now on."""

    roles = forms.MultipleChoiceField(
        label=_("Roles"),
        choices=Role.choices,
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
        help_text=_(
            "Exactly these. What is not ticked is withdrawn at once, also from open pages."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(self.subjects) == 1:
            self.fields["roles"].initial = self.subjects[0].roles


class PasswordForm(ReasonForm):
    """A new password for somebody who lost theirs."""

    password = forms.CharField(
        label=_("New password"), strip=False, widget=UnfoldAdminPasswordToggleWidget()
    )

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        for person in self.subjects:
            validate_password(password, person)
        return password


class RoleFilter(admin.SimpleListFilter):
    """People by what they are in the house."""

    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(Role.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return (
            queryset.filter(roles__contains=[self.value()])
            if self.value() in Role.values
            else queryset
        )


@admin.register(User)
class UserAdmin(BaseAdmin):
    """People who can sign in. Roles, passwords and closing go by actions; hashes are never shown."""

    event_noun = "person"
    allow_add = True
    editable_fields = ("username", "display_name", "phone", "language")
    fields = (
        "username",
        "display_name",
        "language",
        "masked_phone",
        "role_names",
        "is_active",
        "is_superuser",
        "second_step",
        "last_seen",
        "date_joined",
    )
    list_display = (
        "username",
        "shown_name",
        "role_names",
        "second_step",
        "last_seen",
        "is_active",
        "date_joined",
    )
    list_filter = (RoleFilter, "is_active")
    search_fields = ("username", "display_name")
    search_help_text = _("Account or name")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        term = search_term.strip()
        if request.path.endswith("/autocomplete/"):
            # Chosen into teams: colleagues, whose names need no mask.
            queryset = queryset.exclude(roles__contained_by=[Role.MEMBER])
        if term:
            # A buyer's name is masked here: parts that are hidden must not find it.
            is_buyer = Q(roles__contained_by=[Role.MEMBER])
            found = Q(username__icontains=term) | Q(display_name__icontains=term) & ~is_buyer
            if signed_in(request).can("personal_data.reveal"):
                found |= Q(display_name=term) | Q(phone=term)
            queryset = queryset.filter(found)
        return queryset, False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.editable_fields
        # Buyers' names are theirs: read masked, never typed by us.
        return tuple(
            "shown_name" if name == "display_name" and obj.is_buyer else name
            for name in self.fields
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "username", "language"] if obj and obj.is_buyer else readonly

    def prepare_rows(self, request: HttpRequest, rows: list[User]) -> None:
        facts = identity_facts([user.pk for user in rows])
        for user in rows:
            user.identity_facts = facts[user.pk]  # type: ignore[attr-defined]

    def title_of(self, request: HttpRequest, row: User) -> str:
        return f"{row.username} {row.shown_name}"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            # Nobody signs in before a password is set by an action or by the person.
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    @display(description=_("name"))
    def shown_name(self, user: User) -> str:
        return user.shown_name or self.get_empty_value_display()

    @display(description=_("roles"))
    def role_names(self, user: User) -> str:
        names = dict(Role.choices)
        return (
            format_html_join(
                " ",
                '<span class="x-chip">{}</span>',
                ((names.get(role, role),) for role in user.roles),
            )
            or self.get_empty_value_display()
        )

    @display(description=_("phone"))
    def masked_phone(self, user: User) -> str:
        return shown("phone", user.phone, to=None) or self.get_empty_value_display()

    @display(description=_("second step"))
    def second_step(self, user: User) -> str:
        facts = _facts_of(user)
        if facts.has_second_step:
            return format_html('<span class="x-chip">{}</span>', _("set up"))
        if must_have_second_step(user):
            return format_html('<span class="x-chip">{}</span>', _("missing, needed"))
        return self.get_empty_value_display()

    @display(description=_("last seen"))
    def last_seen(self, user: User) -> str:
        seen = _facts_of(user).seen_at
        return moment_words(seen, now=timezone.now()) if seen else self.get_empty_value_display()

    @reason_action(
        _("Invite"),
        right="people.manage",
        question=_("Make a link with which this person sets a password?"),
        consequence=_(
            "The link is shown once; hand it to this person alone. It works once, for three days at"
            " most; earlier links stop working."
        ),
        fits=lambda user: user.is_active and not user.has_usable_password(),
    )
    def invite(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> str:
        secret = invite(user, by=signed_in(request), reason=answers["reason"], now=timezone.now())
        # Behind the #: browsers send it nowhere, no log has it.
        return request.build_absolute_uri(reverse("invitation")) + f"#{secret}"

    @reason_action(
        _("End all sessions"),
        right="people.manage",
        question=_("Sign this person out everywhere?"),
        consequence=_("Open pages, apps and sockets end at once; signing in again is possible."),
    )
    def end_sessions(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        end_all_sessions(user, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Take the second step away"),
        right="people.manage",
        question=_("Take code app, passkeys and recovery codes away?"),
        consequence=_(
            "For somebody who lost phone and recovery codes: be sure it is they. Open sessions end;"
            " who must have a second step sets a new one up at the next sign-in."
        ),
        dangerous=True,
    )
    def reset_second_step(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        reset_second_step(user, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Set roles"),
        right="people.manage",
        form=RolesForm,
        question=_("Which roles?"),
        consequence=_("Rights follow from roles and change at once, in open pages too."),
    )
    def set_roles(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        set_roles(user, answers["roles"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Set password"),
        right="people.set_password",
        form=PasswordForm,
        question=_("Set a new password?"),
        consequence=_(
            "The old password stops working and open sessions end. Tell the person in private."
        ),
        dangerous=True,
    )
    def set_password(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        set_password(user, answers["password"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Unlock sign-in"),
        right="people.manage",
        question=_("Let this person try again now?"),
        consequence=_("Wrong passwords are counted anew, at every address."),
    )
    def unlock(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        lift_sign_in_lock(user, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Close account"),
        right="people.manage",
        question=_("Close this account?"),
        consequence=_(
            "The person cannot sign in any more; open pages end at once. It can be reopened."
        ),
        dangerous=True,
        fits=lambda user: user.is_active,
    )
    def close(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        close_account(user, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Reopen account"),
        right="people.manage",
        question=_("Reopen this account?"),
        consequence=_("The person can sign in again, with the roles they had."),
        fits=lambda user: not user.is_active,
    )
    def reopen(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> None:
        reopen_account(user, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Join with another account"),
        right="contacts.merge",
        form=JoinForm,
        question=_("With whom is this one person?"),
        consequence=_(
            "They become one contact. Each account keeps its orders, talks, credit and history, and "
            "can be taken out again."
        ),
        in_bulk=False,
    )
    def join(self, request: HttpRequest, user: User, answers: dict[str, Any]) -> str:
        return join(request, user, answers)


def _facts_of(user: User) -> IdentityFacts:
    facts: IdentityFacts | None = getattr(user, "identity_facts", None)
    return facts or identity_facts([user.pk])[user.pk]
