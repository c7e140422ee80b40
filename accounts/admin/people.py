from typing import Any

from django import forms
from django.conf import settings
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
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts import senders
from accounts.actions import (
    ask_about_data,
    close_account,
    end_all_sessions,
    end_session,
    invite,
    lift_sign_in_lock,
    log_reading,
    place_hold,
    reopen_account,
    reset_second_step,
    reveal,
    set_password,
    set_roles,
    set_tier,
)
from accounts.loading import MemberLoader
from accounts.masks import shown
from accounts.models import (
    AccessKind,
    Member,
    PersonalField,
    Purpose,
    RequestKind,
    Role,
    SentText,
    Tier,
    User,
    WebSession,
)
from accounts.notifications import admin as notices  # noqa: F401  (pages of their own)
from accounts.people import signed_in
from accounts.queries import IdentityFacts, identity_facts, must_have_second_step
from accounts.webhooks import admin as _webhooks  # noqa: F401  (registers its pages)
from common.addresses import address_of
from common.admin import BaseAdmin, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.events import name_events
from common.loading.offers import offer_import
from common.search import searched_rows
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
offer_import(
    MemberLoader,
    kind="members",
    label=_("Members"),
    model=Member,
    words={"display_name": _("Name of the member")},
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


class TierForm(ReasonForm):
    """Which tier a member is in from now on."""

    tier = forms.ChoiceField(
        label=_("Tier"), choices=Tier.choices, widget=UnfoldAdminSelectWidget()
    )


class PurposeForm(ReasonForm):
    """Why somebody looks at a member's data: in the member's words, and in ours."""

    purpose = forms.ChoiceField(
        label=_("What for"),
        choices=Purpose.choices,
        initial=Purpose.OTHER,
        widget=UnfoldAdminSelectWidget(),
        help_text=_("The member reads this."),
    )


class RevealForm(PurposeForm):
    """Which field of a member is looked at."""

    field = forms.ChoiceField(
        label=_("Field"),
        choices=[choice for choice in PersonalField.choices if choice[0] != PersonalField.TEXT],
        widget=UnfoldAdminSelectWidget(),
    )
    field_order = ["field", "purpose", "reason"]


class HoldForm(ReasonForm):
    """Who ordered that the data is kept."""

    ordered_by = forms.CharField(
        label=_("Ordered by"), max_length=200, widget=UnfoldAdminTextInputWidget()
    )


class AskForm(ReasonForm):
    """What a member asked by phone or letter."""

    kind = forms.ChoiceField(
        label=_("Request"),
        choices=[choice for choice in RequestKind.choices if choice[0] != RequestKind.CORRECTION],
        widget=UnfoldAdminSelectWidget(),
    )


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
            if _sees(request):
                found |= Q(display_name=term) | Q(phone=term)
            queryset = queryset.filter(found)
        return queryset, False

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return self.editable_fields
        # Buyers' names are theirs: read masked, never typed by us.
        return tuple(
            "shown_name" if name == "display_name" and _is_buyer(obj) else name
            for name in self.fields
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        readonly = super().get_readonly_fields(request, obj)
        return [*readonly, "username", "language"] if obj and _is_buyer(obj) else readonly

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


@admin.register(Member)
class MemberAdmin(BaseAdmin):
    """Buyers. Nothing is typed here: loaders and the members themselves write; the tier moves by an action."""

    list_display = (
        "member_no",
        "masked_name",
        "tier_chip",
        "masked_region",
        "masked_phone",
        "registered_at",
    )
    list_filter = ("tier",)
    search_fields = ("member_no", "display_name")
    search_help_text = _("Member no., phone or name")
    fields = (
        "member_no",
        "masked_name",
        "masked_phone",
        "masked_region",
        "tier_chip",
        "real_name_verified",
        "registered_at",
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return searched_rows("member", signed_in(request), queryset, search_term), False

    def title_of(self, request: HttpRequest, row: Member) -> str:
        return row.shown_name

    @display(description=_("name"))
    def masked_name(self, member: Member) -> str:
        return shown("name", member.display_name, to=None) or self.get_empty_value_display()

    @display(description=_("phone"))
    def masked_phone(self, member: Member) -> str:
        return shown("phone", member.phone, to=None) or self.get_empty_value_display()

    @display(description=_("region"))
    def masked_region(self, member: Member) -> str:
        return shown("region", member.region, to=None) or self.get_empty_value_display()

    @display(description=_("tier"))
    def tier_chip(self, member: Member) -> str:
        return format_html(
            '<span class="tier tier-{}">{}</span>', member.tier, member.get_tier_display()
        )

    @reason_action(
        _("Set tier"),
        right="people.manage",
        form=TierForm,
        question=_("Which tier?"),
        consequence=_(
            "Place in the queue and promises follow from the tier, from the next conversation on."
        ),
    )
    def set_tier(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> None:
        set_tier(member, answers["tier"], by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Reveal"),
        right="personal_data.reveal",
        form=RevealForm,
        question=_("Look at which data?"),
        consequence=_(
            "One field is shown, once. That you looked, and why, stays in the access log; the member "
            "sees it too."
        ),
        fits=lambda member: member.erased_at is None,
        in_bulk=False,
    )
    def reveal(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        plain, _row = reveal(
            member,
            answers["field"],
            by=signed_in(request),
            reason=answers["reason"],
            purpose=answers["purpose"],
            address=address_of(request),
        )
        return plain

    @reason_action(
        _("Place a legal hold"),
        right="personal_data.handle",
        form=HoldForm,
        question=_("Keep everything of this member?"),
        consequence=_("Nothing of theirs is erased until the hold is lifted, whatever they ask."),
        fits=lambda member: member.erased_at is None,
    )
    def hold(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> None:
        place_hold(
            member,
            ordered_by=answers["ordered_by"],
            by=signed_in(request),
            reason=answers["reason"],
        )

    @reason_action(
        _("Write down a request"),
        right="personal_data.handle",
        form=AskForm,
        question=_("What does the member ask about their data?"),
        consequence=_("It runs against its legal deadline from now on; the member sees it."),
        fits=lambda member: member.erased_at is None,
    )
    def ask(self, request: HttpRequest, member: Member, answers: dict[str, Any]) -> str:
        asked, _made = ask_about_data(
            member, answers["kind"], by=signed_in(request), reason=answers["reason"]
        )
        return asked.request_no

    def page_context(self, request: HttpRequest, row: Member) -> dict[str, Any]:
        log_reading(row, AccessKind.PAGE, by=signed_in(request), address=address_of(request))
        return super().page_context(request, row)


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
        return is_play and super().has_view_permission(request, obj) and _sees(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


def _facts_of(user: User) -> IdentityFacts:
    facts: IdentityFacts | None = getattr(user, "identity_facts", None)
    return facts or identity_facts([user.pk])[user.pk]


def _is_buyer(user: User) -> bool:
    return set(user.roles) <= {Role.MEMBER} and not user.is_superuser


def _sees(request: HttpRequest) -> bool:
    return signed_in(request).can("personal_data.reveal")
