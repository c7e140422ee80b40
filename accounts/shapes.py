"""The shapes of what the REST of people answers."""

from typing import Any

from rest_framework import serializers

from accounts.models import Platform, Role, Tier
from common.rest import KeyField, Problem


class Revealed(serializers.Serializer[Any]):
    """One field of a member, unmasked for a moment."""

    id = KeyField("acc", help_text="the row of the access log")
    field = serializers.CharField()
    value = serializers.CharField()
    shown_for_seconds = serializers.IntegerField(help_text="mask it again after so many seconds")
    left_today = serializers.IntegerField(help_text="how many looks are left today")


class AccessLine(serializers.Serializer[Any]):
    """One look at the signed-in member's data."""

    id = KeyField("acc")
    at = serializers.DateTimeField()
    who = serializers.CharField(help_text="role and team in words")
    kind = serializers.CharField()
    what = serializers.CharField()
    why = serializers.CharField()


class AccessPage(serializers.Serializer[Any]):
    """One page of looks, newest first."""

    data = AccessLine(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class PersonShape(serializers.Serializer[Any]):
    """Who is signed in."""

    id = KeyField("usr")
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    language = serializers.CharField(help_text="zh-hans, en, or empty when nothing was chosen")


class DeviceShape(serializers.Serializer[Any]):
    """One app signed in on one device."""

    id = KeyField("dev")
    name = serializers.CharField()
    platform = serializers.ChoiceField(Platform.choices)
    app_version = serializers.CharField()
    signed_in_at = serializers.DateTimeField()
    last_used_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(help_text="when it ends unless it is used")
    is_current = serializers.BooleanField(help_text="whether it is the device that asks")


class DevicesShape(serializers.Serializer[Any]):
    """One's own devices; there are few, so there is one page."""

    data = DeviceShape(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class SignedInShape(serializers.Serializer[Any]):
    """The tokens of a device; both are shown only now."""

    token_type = serializers.CharField(help_text="Bearer")
    access_token = serializers.CharField(help_text="xat_…: send it as Authorization: Bearer")
    expires_in = serializers.IntegerField(help_text="seconds until the access token expires")
    refresh_token = serializers.CharField(help_text="xrt_…: renews both tokens, once")
    refresh_expires_at = serializers.DateTimeField()
    device = DeviceShape()
    person = PersonShape()


class EndedShape(serializers.Serializer[Any]):
    """How many sign-ins ended."""

    ended = serializers.IntegerField()


class SocketTicketShape(serializers.Serializer[Any]):
    """Lets one socket in, once."""

    ticket = serializers.CharField(help_text="second subprotocol ticket.<this>, or in hello")
    expires_in = serializers.IntegerField(help_text="seconds in which it can be used")
    url = serializers.CharField(help_text="where the socket is opened")


class SecondStepShape(Problem):
    """Not signed in yet. With ``second_step.required`` the password was right, and more is asked."""

    challenge = serializers.CharField(
        required=False, help_text="goes with the code to second-steps, within minutes"
    )
    ways = serializers.ListField(
        child=serializers.ChoiceField(["totp", "recovery", "passkey"]),
        required=False,
        help_text="what can be answered with",
    )


class Member(serializers.Serializer[Any]):
    """A buyer; masked for everybody but themselves."""

    member_no = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    tier = serializers.ChoiceField(Tier.choices)
    tier_label = serializers.CharField()
    real_name_verified = serializers.BooleanField()
    registered_at = serializers.DateTimeField(allow_null=True)


class MemberWithOthers(Member):
    """A buyer, and under which other numbers the same person is here."""

    also = serializers.ListField(
        child=serializers.CharField(),
        help_text="Numbers of the members that are joined with this one into one contact.",
    )


class MemberPage(serializers.Serializer[Any]):
    """One page of members, newest first."""

    data = Member(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class OwnNumbers(serializers.Serializer[Any]):
    """Numbers an app works with; they change without a new app."""

    message_characters = serializers.IntegerField(required=False)
    upload_bytes = serializers.IntegerField(required=False)
    recall_seconds = serializers.IntegerField(required=False)
    page_rows = serializers.IntegerField()
    reads_a_minute = serializers.IntegerField()
    writes_a_minute = serializers.IntegerField()


class Me(serializers.Serializer[Any]):
    """Who is signed in."""

    id = KeyField("usr")
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.ChoiceField(Role.choices))
    rights = serializers.ListField(child=serializers.CharField(), help_text="noun.verb")
    language = serializers.CharField(allow_blank=True, help_text="empty: none was chosen")
    member = Member(allow_null=True)
    numbers = OwnNumbers()


class Package(serializers.Serializer[Any]):
    """A copy that can be downloaded, in a signed-in browser session of the member."""

    url = serializers.CharField()
    size = serializers.IntegerField()
    sha256 = serializers.CharField()
    expires_at = serializers.DateTimeField()


class DataRequest(serializers.Serializer[Any]):
    """What a member asked about their data, and how far it is."""

    id = KeyField("prq")
    request_no = serializers.CharField()
    kind = serializers.ChoiceField(["copy", "erasure", "correction"])
    state = serializers.ChoiceField(
        ["asked", "in_progress", "ready", "done", "refused", "cancelled"]
    )
    state_label = serializers.CharField()
    asked_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="answered by then, in working days")
    ended_at = serializers.DateTimeField(allow_null=True)
    ground = serializers.CharField(allow_null=True)
    answer = serializers.CharField(allow_null=True)
    package = Package(allow_null=True)


class RequestList(serializers.Serializer[Any]):
    """Requests, newest first."""

    data = DataRequest(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
