"""The shapes of what the REST of APASS answers."""

from typing import Any

from rest_framework import serializers

from apass.models import MembershipState


class Invitation(serializers.Serializer[Any]):
    """An invitation that waits for the member's yes or no."""

    expires_at = serializers.DateTimeField()
    code_sent_at = serializers.DateTimeField(allow_null=True, help_text="to the member's phone")


class Term(serializers.Serializer[Any]):
    """The running term, or the last one."""

    number = serializers.IntegerField()
    began_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class Manager(serializers.Serializer[Any]):
    """Who looks after the member by name."""

    name = serializers.CharField()
    deputy = serializers.CharField()
    on_duty = serializers.CharField(allow_null=True, help_text="who of the two is there now")


class GivenToFriend(serializers.Serializer[Any]):
    """A code given to a friend this year; the code itself was readable once."""

    given_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    used_at = serializers.DateTimeField(allow_null=True)
    used_by = serializers.CharField(allow_null=True, help_text="masked")


class Friends(serializers.Serializer[Any]):
    """The friends a member may invite in a year of membership."""

    a_year = serializers.IntegerField()
    left = serializers.IntegerField()
    until = serializers.DateTimeField(help_text="when the next year of membership begins")
    codes = GivenToFriend(many=True)


class OwnMembership(serializers.Serializer[Any]):
    """A member's own APASS; who was told of none gets 404."""

    state = serializers.ChoiceField(MembershipState.choices)
    state_label = serializers.CharField()
    invitation = Invitation(allow_null=True)
    term = Term(allow_null=True)
    is_in_review = serializers.BooleanField()
    invited_by = serializers.CharField(allow_null=True, help_text="masked")
    manager = Manager(allow_null=True)
    friends = Friends(allow_null=True)


class FriendCode(serializers.Serializer[Any]):
    """A code for a friend, readable this once."""

    code = serializers.CharField()
    url = serializers.CharField(help_text="the page on which the friend uses it")
    expires_at = serializers.DateTimeField()
    left = serializers.IntegerField(help_text="how many more this year")


class Care(serializers.Serializer[Any]):
    """What the desk sees of a member of APASS."""

    until = serializers.DateTimeField()
    is_in_review = serializers.BooleanField()
    manager = Manager(allow_null=True)
