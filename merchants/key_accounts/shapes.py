"""The shapes of what the REST of managers and staff accounts answers and takes."""

from typing import Any

from rest_framework import serializers

from common.rest import Sent
from merchants.key_accounts import rules
from merchants.models import StaffRight

ROLES = (rules.MANAGER, rules.DEPUTY, rules.QUEUE)
WHYS = (rules.IN_CHARGE, rules.MANAGER_AWAY, rules.BOTH_AWAY, rules.NOBODY)


class ShopManager(serializers.Serializer[Any]):
    """Whom a shop calls now."""

    shop_no = serializers.CharField()
    role = serializers.ChoiceField(ROLES)
    role_label = serializers.CharField()
    why = serializers.ChoiceField(WHYS)
    why_label = serializers.CharField()
    name = serializers.CharField(help_text="of the person, or of the queue")
    person = serializers.CharField(allow_null=True)
    presence = serializers.CharField(allow_null=True, help_text="a word; null where nobody knows")
    manager_back_on = serializers.DateField(allow_null=True)


class StaffMember(serializers.Serializer[Any]):
    """Somebody who works for a merchant."""

    merchant_no = serializers.CharField()
    merchant = serializers.CharField()
    person = serializers.CharField()
    account = serializers.CharField()
    name = serializers.CharField()
    rights = serializers.ListField(child=serializers.ChoiceField(StaffRight.choices))
    since = serializers.DateTimeField()
    is_me = serializers.BooleanField()


class StaffList(serializers.Serializer[Any]):
    """All who work for one's merchants."""

    data = StaffMember(many=True)  # type: ignore[assignment]


class StaffInvited(Sent):
    """Whom to let in."""

    merchant_no = serializers.CharField(max_length=32)
    account = serializers.CharField(max_length=64, help_text="account name or phone")
    rights = serializers.ListField(
        child=serializers.ChoiceField(StaffRight.choices), required=False, default=list
    )


class StaffRights(Sent):
    """What somebody may do from now on."""

    rights = serializers.ListField(child=serializers.ChoiceField(StaffRight.choices))
