"""The list as most people would write it: DRF's model serializers, ``select_related``, its own renderer.

The same fields, the same rows, behind the same middleware.
"""

from typing import Any

from django.urls import include, path
from rest_framework import generics, serializers
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer

from accounts.models import Member, User
from common.ids import public_key
from common.masking import mask_name
from merchants.models import Shop
from tickets.models import Conversation, Disposition
from trade.models import Order
from workforce.models import Team


class Person(serializers.ModelSerializer[User]):
    id = serializers.SerializerMethodField()
    name = serializers.CharField(source="display_name")

    class Meta:
        model = User
        fields = ("id", "name")

    def get_id(self, user: User) -> str:
        return public_key("usr", user.public_id)


class TeamName(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("code", "name")


class DispositionName(serializers.ModelSerializer[Disposition]):
    class Meta:
        model = Disposition
        fields = ("code", "name")


class MemberInTalk(serializers.ModelSerializer[Member]):
    name = serializers.SerializerMethodField()
    tier_label = serializers.CharField(source="get_tier_display")

    class Meta:
        model = Member
        fields = ("member_no", "name", "tier", "tier_label")

    def get_name(self, member: Member) -> str:
        return mask_name(member.display_name)


class ShopInTalk(serializers.ModelSerializer[Shop]):
    greeting_word = serializers.SerializerMethodField()

    class Meta:
        model = Shop
        fields = ("shop_no", "name", "greeting_word")

    def get_greeting_word(self, shop: Shop) -> str:
        return shop.greeting_word or "亲"


class OrderInTalk(serializers.ModelSerializer[Order]):
    status_label = serializers.CharField(source="get_status_display")
    shop = serializers.CharField(source="shop.name")

    class Meta:
        model = Order
        fields = ("order_no", "product", "paid_amount", "status", "status_label", "shop")


class Talk(serializers.ModelSerializer[Conversation]):
    id = serializers.SerializerMethodField()
    version = serializers.CharField()
    unread = serializers.IntegerField(source="staff_unread")
    team = TeamName()
    owner = Person()
    first_owner = Person()
    member = MemberInTalk()
    shop = ShopInTalk()
    order = OrderInTalk()
    disposition = DispositionName()

    class Meta:
        model = Conversation
        fields = (
            "id", "version", "conversation_no", "medium", "state", "subject", "priority", "opened_at",
            "queued_at", "accepted_at", "waiting_since", "resolved_at", "changed_at", "last_seq",
            "last_message_at", "last_author_kind", "last_message_kind", "last_preview",
            "member_read_seq", "staff_read_seq", "reopened_count", "unread", "team", "owner",
            "first_owner", "member", "shop", "order", "disposition",
        )  # fmt: skip

    def get_id(self, talk: Conversation) -> str:
        return public_key("cnv", talk.pk)


class Pages(CursorPagination):
    page_size = 50
    ordering = "-id"


class Talks(generics.ListAPIView[Conversation]):
    serializer_class = Talk
    pagination_class = Pages
    renderer_classes = [JSONRenderer]
    parser_classes = [JSONParser]

    def get_queryset(self) -> Any:
        user = self.request.user
        return (
            Conversation.objects.visible_to(user)  # type: ignore[arg-type]
            .filter(owner=user, state="open")
            .select_related(
                "team", "owner", "first_owner", "member", "shop", "order__shop", "disposition"
            )
        )


urlpatterns = [path("baseline/conversations/", Talks.as_view()), path("", include("config.urls"))]
