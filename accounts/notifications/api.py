"""REST of one's own notifications: the list, what was read, choices, places, tests, the log."""

import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response

from accounts.actions.notice_choices import choose_media, set_quiet_hours
from accounts.actions.notice_targets import (
    add_email,
    confirm_email,
    register_device,
    remove_email,
    send_test,
    subscribe_browser,
    unregister_device,
    unsubscribe_browser,
)
from accounts.actions.notifications import mark_read
from accounts.api import SignedIn
from accounts.models import Device, Notification, User
from accounts.notifications import shapes, webpush
from accounts.notifications.queries import (
    addresses_of,
    choices_of,
    notification_page,
    own_log,
    quiet_hours,
    settings_of,
    unread_count,
)
from common.cursors import as_moment, as_uuid, decode_cursor, encode_cursor
from common.errors import DomainError
from common.rest import Endpoint, Nothing, accepted, answers


class Notifications(Endpoint):
    """One's own notifications."""

    resource = "notifications"

    @extend_schema(parameters=[shapes.ListQuery], responses=shapes.NotificationPageShape)
    def get(self, request: SignedIn) -> Response:
        """List one's notifications, newest first, with the number of unread ones."""
        query, now = self.query(shapes.ListQuery), timezone.now()
        after = None
        if query["cursor"]:
            at, key = decode_cursor(query["cursor"], as_moment, as_uuid)
            after = (at, key)
        page = notification_page(
            request.user, now=now, limit=query["limit"], after=after, unread=query["unread"]
        )
        cursor = encode_cursor(page.next) if page.next else None
        response = self.page([shapes.shown(row) for row in page.rows], cursor)
        response.data["unread"] = unread_count(request.user, now=now)
        return response


class Unread(Endpoint):
    """The figure beside the bell."""

    resource = "notifications"

    @extend_schema(responses=shapes.UnreadShape)
    def get(self, request: SignedIn) -> Response:
        """Say how many of one's notifications are unread, counting up to 100."""
        return Response({"unread": unread_count(request.user, now=timezone.now())})


class OneReading(Endpoint):
    """That one notification was read."""

    resource = "notifications"

    @extend_schema(request=None, responses={200: shapes.UnreadShape})
    def post(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Mark one notification as read; a second time changes nothing."""
        accepted(Nothing, request.data)
        row = _own(request.user, key)
        mark_read(request.user, [row.pk])
        return Response({"unread": unread_count(request.user, now=timezone.now())})


class Readings(Endpoint):
    """That all were read."""

    resource = "notifications"

    @extend_schema(request=shapes.UpTo, responses=answers({200: shapes.UnreadShape}, 404))
    def post(self, request: SignedIn) -> Response:
        """Mark all as read, all up to one of them, or those about one page (``url``)."""
        sent, now = accepted(shapes.UpTo, request.data), timezone.now()
        if "up_to" in sent:
            mark_read(request.user, up_to=_own(request.user, sent["up_to"]).at)
        elif "url" in sent:
            mark_read(request.user, url=sent["url"])
        else:
            mark_read(request.user, up_to=now)
        return Response({"unread": unread_count(request.user, now=now)})


class Preferences(Endpoint):
    """How one wants to be told."""

    resource = "notifications"

    @extend_schema(responses=shapes.PreferencesShape)
    def get(self, request: SignedIn) -> Response:
        """Say by which media one hears of each kind, when it is quiet, and where letters go."""
        return Response(_preferences(request.user))

    @extend_schema(request=shapes.NewPreferences, responses=shapes.PreferencesShape)
    def patch(self, request: SignedIn) -> Response:
        """Change media of the named kinds, quiet hours, or what a locked screen tells."""
        sent, person = accepted(shapes.NewPreferences, request.data), request.user
        if "media" in sent:
            choose_media(person, sent["media"], by=person)
        if "quiet" in sent or "discreet" in sent:
            _change_quiet(person, sent)
        return Response(_preferences(person))


class PushSubscriptions(Endpoint):
    """Browsers that show notifications."""

    @extend_schema(request=shapes.NewSubscription, responses={201: shapes.PlaceShape})
    def post(self, request: SignedIn) -> Response:
        """Let this browser show notifications while no page is open."""
        sent = accepted(shapes.NewSubscription, request.data)
        row = subscribe_browser(
            request.user,
            endpoint=sent["endpoint"],
            p256dh=sent["keys"]["p256dh"],
            auth=sent["keys"]["auth"],
            label=sent["label"],
            session_key=getattr(getattr(request, "session", None), "session_key", "") or "",
        )
        return Response(shapes.shown_place(row), status=201)


class OnePushSubscription(Endpoint):
    """One browser."""

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show nothing in that browser any more."""
        accepted(Nothing, request.data)
        unsubscribe_browser(request.user, key)
        return Response(status=204)


class Devices(Endpoint):
    """Phones with the app."""

    @extend_schema(request=shapes.NewDevice, responses={201: shapes.PlaceShape})
    def post(self, request: SignedIn) -> Response:
        """Register the token that this phone's push provider gave it."""
        sent = accepted(shapes.NewDevice, request.data)
        device = request.auth if isinstance(request.auth, Device) else None
        row = register_device(request.user, **sent, device=device)
        return Response(shapes.shown_place(row), status=201)


class OneDevice(Endpoint):
    """One phone."""

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn, key: uuid.UUID) -> Response:
        """Show nothing on that phone any more."""
        accepted(Nothing, request.data)
        unregister_device(request.user, key)
        return Response(status=204)


class Tests(Endpoint):
    """Does it arrive?"""

    @extend_schema(request=shapes.NewTest, responses={202: shapes.NotificationShape})
    def post(self, request: SignedIn) -> Response:
        """Send oneself a test by one medium; the log tells what became of it."""
        told = send_test(request.user, accepted(shapes.NewTest, request.data)["medium"])
        return Response(shapes.shown(told), status=202)


class Deliveries(Endpoint):
    """One's own log."""

    resource = "notifications"

    @extend_schema(responses=shapes.DeliveriesShape)
    def get(self, request: SignedIn) -> Response:
        """List the last fifty deliveries to oneself and what became of each."""
        return Response({"data": [shapes.shown_delivery(row) for row in own_log(request.user)]})


class Email(Endpoint):
    """Where letters go."""

    @extend_schema(request=shapes.NewEmail, responses={202: shapes.EmailShape})
    def post(self, request: SignedIn) -> Response:
        """Send a code to an address; it is used once the code has come back."""
        add_email(request.user, accepted(shapes.NewEmail, request.data)["address"])
        return Response(_email(request.user), status=202)

    @extend_schema(responses={204: None})
    def delete(self, request: SignedIn) -> Response:
        """Forget the address: no more letters."""
        accepted(Nothing, request.data)
        remove_email(request.user)
        return Response(status=204)


class EmailConfirmation(Endpoint):
    """The code that came by letter."""

    # A refusal kept under a key takes back what was changed before it: here, the counted try.
    keeps_answers = False

    @extend_schema(request=shapes.Code, responses=shapes.EmailShape)
    def post(self, request: SignedIn) -> Response:
        """Use the address from now on: the code proves that letters arrive."""
        if confirm_email(request.user, accepted(shapes.Code, request.data)["code"]) is None:
            raise DomainError("email.wrong_code", _("This is not the code we sent."))
        return Response(_email(request.user))


def _own(person: User, key: uuid.UUID) -> Notification:
    row = Notification.objects.visible_to(person).filter(pk=key).first()
    if row is None:
        raise Http404
    return row


def _preferences(person: User) -> dict[str, Any]:
    own = settings_of(person)
    confirmed, _waiting = addresses_of(person)
    quiet = None
    if quiet_hours(own) is not None:
        quiet = {
            "start": own.quiet_from,
            "until": own.quiet_until,
            "days": own.quiet_days,
            "zone": own.zone,
        }
    return {
        "kinds": [shapes.shown_choice(choice) for choice in choices_of(person)],
        "quiet": quiet,
        "discreet": own.is_discreet,
        **_email(person),
        "email_bounced": confirmed is not None and confirmed.bounced_at is not None,
        "web_push_key": webpush.public_key(),
    }


def _email(person: User) -> dict[str, str | None]:
    confirmed, waiting = addresses_of(person)
    return {
        "email": confirmed.address if confirmed else None,
        "email_waiting": waiting.address if waiting else None,
    }


def _change_quiet(person: User, sent: dict[str, Any]) -> None:
    """Change what was sent and keep the rest."""
    own = settings_of(person)
    kept: dict[str, Any] = {
        "start": own.quiet_from,
        "until": own.quiet_until,
        "days": own.quiet_days,
        "zone": own.zone,
    }
    if "quiet" in sent:
        never: dict[str, Any] = {"start": None, "until": None, "days": []}
        kept |= {"days": list(range(7)), **sent["quiet"]} if sent["quiet"] else never
    set_quiet_hours(person, **kept, is_discreet=sent.get("discreet", own.is_discreet), by=person)
