"""What accounts keep of a member: the profile, who looked at it, requests, ways to sign in."""

from typing import Any, ClassVar

from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access_log import access_line
from accounts.contacts.queries import joins_of
from accounts.copy_files import drop_files
from accounts.masks import names_of
from accounts.models import (
    Contact,
    ContactIdentity,
    Device,
    EmailAddress,
    Invitation,
    LegalHold,
    Likeness,
    Member,
    MemberLine,
    Notification,
    NotificationDelivery,
    NotificationPreference,
    NotificationSettings,
    OneTimeCode,
    Passkey,
    PersonalDataAccess,
    PersonalDataRequest,
    PushDevice,
    PushSubscription,
    RecoveryCode,
    RequestKind,
    SentText,
    SignInChallenge,
    SignInGuard,
    SocketTicket,
    Totp,
    User,
    WebSession,
)
from accounts.standing import personal_data as _standing  # noqa: F401
from common.history import record
from common.ids import short_code, uuid7
from common.parameters import value
from common.personal_data import Slice, Step, Store, Subject, register, slice_of


def subject_of(member: Member) -> Subject:
    """Return ``member`` as the stores of all apps know them."""
    user = member.user
    known = [member.member_no, member.phone]
    if user is not None:
        known += [user.username, user.phone]
    return Subject(
        member=member.pk,
        user=member.user_id,
        member_no=member.member_no,
        names=tuple(names_of(member)),
        identifiers=tuple(dict.fromkeys(one for one in known if one)),
    )


class Profile(Store):
    """The member and the account behind them."""

    key = "profile"
    title = _("Profile")
    about = _("Who you are to us: name, phone, region, tier, account.")
    models = ("accounts.Member", "accounts.User", "accounts.MemberLine")
    columns: ClassVar[dict[str, Any]] = {
        "member_no": _("member no."),
        "display_name": _("name"),
        "phone": _("phone"),
        "region": _("region"),
        "tier": _("tier"),
        "real_name_verified": _("real name verified"),
        "registered_at": _("registered at"),
        "account": _("account"),
        "account_name": _("name of the account"),
        "account_phone": _("phone of the account"),
        "language": _("language"),
        "joined_at": _("joined at"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        member = Member.objects.select_related("user").get(pk=subject.member)
        user = member.user
        own = ("member_no", "display_name", "phone", "region", "tier", "real_name_verified")
        row = {name: getattr(member, name) for name in own} | {
            "registered_at": member.registered_at,
            "account": user.username if user else "",
            "account_name": user.display_name if user else "",
            "account_phone": user.phone if user else "",
            "language": user.language if user else "",
            "joined_at": user.date_joined if user else None,
        }
        return Slice([row])

    def running(self, subject: Subject) -> Any:
        if LegalHold.objects.filter(member=subject.member, lifted_at=None).exists():
            return _("A legal hold stands.")
        return ""

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        now = timezone.now()
        token = short_code(uuid7(now)).lower()
        changed = Member.objects.filter(pk=subject.member, erased_at=None).update(
            member_no=f"X-{token}",
            display_name="",
            phone="",
            region="",
            real_name_verified=False,
            hidden_at=None,
            erased_at=now,
        )
        # Found by these words no more, from this moment; the index writes the nameless row anew.
        MemberLine.objects.filter(member=subject.member).delete()
        if changed and subject.user is not None:
            user = User.objects.get(pk=subject.user)
            user.set_unusable_password()
            changed += User.objects.filter(pk=user.pk).update(
                username=f"erased-{token}",
                display_name="",
                phone="",
                language="",
                password=user.password,
                last_login=None,
                roles=[],
                is_active=False,
            )
        return Step(changed)


class Accesses(Store):
    """Who looked at the member's data."""

    key = "accesses"
    title = _("Who saw my data")
    about = _("Every look at your data: when, who in which role, what, and what for.")
    models = ("accounts.PersonalDataAccess",)
    columns: ClassVar[dict[str, Any]] = {
        "at": _("at"),
        "who": _("who"),
        "what": _("what"),
        "why": _("what for"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = PersonalDataAccess.objects.filter(member=subject.member).select_related("actor")
        found, further = slice_of(rows, after, limit)
        is_named = bool(value("personal_data.name_agents_to_members"))
        lines = [access_line(row, is_named=is_named) for row in found]
        return Slice(
            [{"at": x.at, "who": x.who, "what": x.what, "why": x.why} for x in lines],
            further,
        )


class Requests(Store):
    """What the member has asked about their data before."""

    key = "requests"
    title = _("My requests")
    about = _("What you have asked about your data, and what we answered.")
    models = (
        "accounts.PersonalDataRequest",
        "accounts.ErasureCertificate",
        "accounts.LegalHold",
    )
    columns: ClassVar[dict[str, Any]] = {
        "request_no": _("request no."),
        "kind": _("kind"),
        "state": _("state"),
        "asked_at": _("asked at"),
        "due_at": _("due at"),
        "ended_at": _("ended at"),
        "answer": _("answer"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        rows = PersonalDataRequest.objects.filter(member=subject.member)
        found, further = slice_of(rows, after, limit)
        return Slice(
            [
                {
                    "request_no": row.request_no,
                    "kind": row.get_kind_display(),
                    "state": row.get_state_display(),
                    "asked_at": row.asked_at,
                    "due_at": row.due_at,
                    "ended_at": row.ended_at,
                    "answer": row.answer,
                }
                for row in found
            ],
            further,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        rows = PersonalDataRequest.objects.filter(member=subject.member)
        for row in rows.filter(kind=RequestKind.COPY):
            drop_files(row)
        rows.exclude(package="").update(package="", state="done")
        return Step(rows.exclude(wish="").update(wish=""))


class Joins(Store):
    """Which accounts are one with the member's: the fact of it, and nothing of theirs."""

    key = "contacts"
    title = _("Joined accounts")
    about = _(
        "Which accounts we take for yours as well, since when. What they hold is not in here."
    )
    models = ("accounts.ContactIdentity", "accounts.Likeness")
    columns: ClassVar[dict[str, Any]] = {
        "account": _("account"),
        "since": _("since"),
        "until": _("until"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        return Slice(
            [
                {"account": join.what, "since": join.since, "until": join.until}
                for join in joins_of(subject.member)
            ]
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        own = Q(member=subject.member)
        if subject.user is not None:
            own |= Q(user=subject.user)
        periods = ContactIdentity.objects.filter(own)
        for contact in Contact.objects.filter(pk__in=periods.values("contact")).order_by("pk"):
            record(contact, "contact.identity_erased", by=None)
        changed = periods.delete()[0]
        pairs = Q(member=subject.member) | Q(other_member=subject.member)
        if subject.user is not None:
            pairs |= Q(other_user=subject.user)
        return Step(changed + Likeness.objects.filter(pairs).delete()[0])


_SIGN_INS = (
    Device,
    SocketTicket,
    Invitation,
    WebSession,
    Totp,
    RecoveryCode,
    Passkey,
    SignInChallenge,
)


class SignIns(Store):
    """Where the member is or was signed in, how they prove who they are, wrong tries for their account."""

    key = "sessions"
    title = _("Sign-ins")
    about = _("Browsers in which you are or were signed in, and the keys you signed in with.")
    models = (
        "accounts.WebSession",
        "accounts.SignInGuard",
        "accounts.Totp",
        "accounts.RecoveryCode",
        "accounts.Passkey",
        "accounts.SignInChallenge",
        "accounts.Device",
        "accounts.SocketTicket",
        "accounts.Invitation",
        "accounts.OneTimeCode",
        "accounts.SentText",
    )
    columns: ClassVar[dict[str, Any]] = {
        "signed_in_at": _("signed in at"),
        "seen_at": _("last seen"),
        "ended_at": _("ended at"),
        "address": _("address"),
        "browser": _("browser"),
        "system": _("system"),
        "method": _("proved by"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        if subject.user is None:
            return Slice([])
        rows = WebSession.objects.filter(user=subject.user)
        found, further = slice_of(rows, after, limit)
        return Slice(
            [
                {
                    "signed_in_at": row.signed_in_at,
                    "seen_at": row.seen_at,
                    "ended_at": row.ended_at,
                    "address": row.address,
                    "browser": row.browser,
                    "system": row.system,
                    "method": row.get_method_display(),
                }
                for row in found
            ],
            further,
        )

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        names = [one.casefold()[:64] for one in subject.identifiers]
        gone = SignInGuard.objects.filter(account__in=names).delete()[0]
        for sent in (OneTimeCode, SentText):
            gone += sent.objects.filter(phone__in=subject.identifiers).delete()[0]
        if subject.user is None:
            return Step(gone)
        browsers = WebSession.objects.filter(user=subject.user)
        keys = list(browsers.values_list("key_hash", flat=True))
        gone += Session.objects.filter(session_key__in=keys).delete()[0]
        for model in _SIGN_INS:
            gone += model.objects.filter(user=subject.user).delete()[0]
        return Step(gone)


class Notices(Store):
    """What the member was told, and where: letters, browsers, phones."""

    key = "notifications"
    title = _("Notifications")
    about = _("What we told you, and the addresses we told you at.")
    models = (
        "accounts.Notification",
        "accounts.NotificationDelivery",
        "accounts.NotificationPreference",
        "accounts.NotificationSettings",
        "accounts.EmailAddress",
        "accounts.PushDevice",
        "accounts.PushSubscription",
        "accounts.SimulatedPush",
    )
    columns: ClassVar[dict[str, Any]] = {
        "at": _("at"),
        "where": _("where"),
        "title": _("title"),
        "text": _("text"),
    }

    def rows(self, subject: Subject, after: str | None, limit: int) -> Slice:
        if subject.user is None:
            return Slice([])
        told = [
            {"at": row.at, "where": str(_("in the page")), "title": row.title, "text": row.body}
            for row in Notification.objects.filter(person=subject.user).order_by("pk")
        ]
        places = [
            {
                "at": row.added_at,
                "where": row.address,
                "title": str(_("e-mail address")),
                "text": "",
            }
            for row in EmailAddress.objects.filter(person=subject.user).order_by("pk")
        ]
        for model in (PushSubscription, PushDevice):
            places += [
                {"at": row.created_at, "where": row.label, "title": str(_("device")), "text": ""}
                for row in model.objects.filter(person=subject.user).order_by("pk")
            ]
        return Slice([*places, *told])

    def pseudonymise(self, subject: Subject, after: str | None, limit: int) -> Step:
        if subject.user is None:
            return Step(0)
        gone = 0
        for model in (
            NotificationDelivery,
            Notification,
            NotificationPreference,
            NotificationSettings,
            EmailAddress,
            PushDevice,
            PushSubscription,
        ):
            gone += model.objects.filter(person=subject.user).delete()[0]
        return Step(gone)


register(Notices(), order=79)
register(Accesses(), order=80)
register(Requests(), order=81)
register(SignIns(), order=82)
register(Joins(), order=83)
# Last of all: everything else is found through it.
register(Profile(), order=100)
