from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from accounts.actions import keep_apart, merge_identities, unmerge_identity
from accounts.actions.contacts import sides_of
from accounts.contacts.queries import identity_lines, title_of_identity
from accounts.models import (
    Contact,
    ContactIdentity,
    ContactKind,
    Likeness,
    LikenessSign,
    LikenessState,
    Member,
    User,
)
from accounts.people import signed_in
from common.admin import BaseAdmin, Chip, ReasonForm, reason_action
from common.admin.parameters import name_parameter_groups
from common.errors import DomainError
from common.events import name_events
from common.words import moment_words

name_parameter_groups({"contacts": _("Contacts")})
name_events(
    {
        "contact.merged": _("Identities joined"),
        "contact.taken_in": _("Went over to another contact"),
        "contact.unmerged": _("Identity taken out"),
        "contact.identity_erased": _("Identity erased"),
        "member.contact_joined": _("Joined into a contact"),
        "member.contact_left": _("Taken out of a contact"),
        "person.contact_joined": _("Joined into a contact"),
        "person.contact_left": _("Taken out of a contact"),
        "likeness.apart": _("Not the same"),
    }
)


STATE_COLOURS: dict[str, str] = {
    LikenessState.OPEN: "warning",
    LikenessState.JOINED: "success",
}


class JoinForm(ReasonForm):
    """With whom, and what stands behind both."""

    other = forms.CharField(
        label=_("With whom"),
        max_length=64,
        widget=UnfoldAdminTextInputWidget(),
        help_text=_("Member no., or the account of somebody who works here or for a merchant."),
    )
    kind = forms.ChoiceField(
        label=_("Both are"),
        choices=ContactKind.choices,
        initial=ContactKind.PERSON,
        widget=UnfoldAdminSelectWidget(),
    )


class PartForm(ReasonForm):
    """Who leaves the contact."""

    identity = forms.ModelChoiceField(
        label=_("Who is taken out"),
        queryset=ContactIdentity.objects.none(),
        widget=UnfoldAdminSelectWidget(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        running = ContactIdentity.objects.running().filter(contact__in=self.subjects)
        self.offer("identity", running.select_related("member", "user").order_by("pk"))
        field: Any = self.fields["identity"]
        field.label_from_instance = title_of_identity


def join(request: HttpRequest, row: Member | User, answers: dict[str, Any]) -> str:
    """Join ``row`` with whom the form names; say which contact it became."""
    by = signed_in(request)
    contact = merge_identities(
        row, named(answers["other"], by), kind=answers["kind"], by=by, reason=answers["reason"]
    )
    return contact.public_key


def named(words: str, by: User) -> Member | User:
    """Return whom a colleague names. Raises ``contact.unknown``."""
    name = words.strip()
    member = Member.objects.for_work_of(by).filter(member_no=name).first()
    found = member or User.objects.filter(username__iexact=name).first()
    if found is None:
        raise DomainError("contact.unknown", _("There is no such member or account."))
    return found


@admin.register(Contact)
class ContactAdmin(BaseAdmin):
    """People and firms with several identities. Members and accounts stay as they are."""

    list_display = ("key", "kind", "how_many", "made_at", "merged_into")
    list_select_related = ("merged_into",)
    list_filter = ("kind",)
    fields = (("key", "kind"), ("made_at", "merged_into"), "identities_shown")

    def get_queryset(self, request: HttpRequest) -> Any:
        running = Count("identities", filter=Q(identities__until=None))
        return super().get_queryset(request).annotate(running=running)

    @display(description=_("contact"))
    def key(self, row: Contact) -> str:
        return row.public_key

    @display(description=_("identities"))
    def how_many(self, row: Any) -> int:
        return int(row.running)

    @display(description=_("identities"))
    def identities_shown(self, row: Contact) -> str:
        lines = format_html_join(
            "",
            "<li>{} · {} · {}</li>",
            (
                (line.title, line.identity.get_kind_display(), _period(line.identity))
                for line in identity_lines(row)
            ),
        )
        return format_html("<ul>{}</ul>", lines) if lines else self.get_empty_value_display()

    @reason_action(
        _("Take out"),
        right="contacts.merge",
        form=PartForm,
        question=_("Who is somebody else?"),
        consequence=_(
            "They stand for themselves again. Orders, talks, credit and history stay where they are. "
            "They are not suggested with the others again."
        ),
        fits=lambda row: row.merged_into_id is None,
        in_bulk=False,
    )
    def unmerge(self, request: HttpRequest, row: Contact, answers: dict[str, Any]) -> None:
        unmerge_identity(answers["identity"], by=signed_in(request), reason=answers["reason"])


class SignFilter(admin.SimpleListFilter):
    """Pairs by what they share."""

    title = _("signs")
    parameter_name = "sign"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(LikenessSign.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        sign = self.value()
        return queryset.filter(signs__contains=[sign]) if sign in LikenessSign.values else queryset


@admin.register(Likeness)
class LikenessAdmin(BaseAdmin):
    """Pairs that may be one person, found every night; somebody decides."""

    list_display = ("one", "other", "signs_said", "state_word", "found_at")
    list_select_related = ("member", "other_member", "other_user")
    list_filter = ("state", SignFilter)
    fields = (("one", "other"), ("signs_said", "state_word"), ("found_at", "decided_at"))

    def title_of(self, request: HttpRequest, row: Likeness) -> str:
        return f"{self.one(row)} · {self.other(row)}"

    @display(description=_("member"))
    def one(self, row: Likeness) -> str:
        return row.member.shown_name

    @display(description=_("looks like"))
    def other(self, row: Likeness) -> str:
        _one, other = sides_of(row)
        if isinstance(other, Member):
            return other.shown_name
        return f"{other.username} {other.shown_name}"

    @display(description=_("signs"))
    def signs_said(self, row: Likeness) -> str:
        said = " · ".join(str(LikenessSign(sign).label) for sign in row.signs)
        return said or self.get_empty_value_display()

    @display(description=_("state"))
    def state_word(self, row: Likeness) -> str:
        return Chip(row.get_state_display(), STATE_COLOURS.get(row.state, ""))

    @reason_action(
        _("Join"),
        right="contacts.merge",
        question=_("Are these one person?"),
        consequence=_(
            "They become one contact. The desk sees their member numbers and talks together; each "
            "account keeps what it has, and can be taken out again."
        ),
        fits=lambda row: row.state == LikenessState.OPEN,
    )
    def merge(self, request: HttpRequest, row: Likeness, answers: dict[str, Any]) -> None:
        one, other = sides_of(row)
        merge_identities(one, other, by=signed_in(request), reason=answers["reason"])

    @reason_action(
        _("Not the same"),
        right="contacts.merge",
        question=_("Are these two different people?"),
        consequence=_("The pair is not suggested again."),
        fits=lambda row: row.state == LikenessState.OPEN,
    )
    def apart(self, request: HttpRequest, row: Likeness, answers: dict[str, Any]) -> None:
        keep_apart(row, by=signed_in(request), reason=answers["reason"])


def _period(identity: ContactIdentity) -> str:
    now = timezone.now()
    since = moment_words(identity.since, now=now)
    if identity.until is None:
        return str(_("since %(since)s")) % {"since": since}
    return str(_("%(since)s until %(until)s")) % {
        "since": since,
        "until": moment_words(identity.until, now=now),
    }
