"""The shapes of what the REST of conversations answers."""

from typing import Any

from rest_framework import serializers

from accounts.models import Tier
from accounts.standing.shapes import StandingInShort
from apass.entitlements.shapes import Offers
from apass.membership.shapes import Care
from common.rest import KeyField
from tickets.models import Appeal, AuthorKind, CaseState, Grade, Ground, Medium, MessageKind, State
from trade.shapes import Order
from workforce.models import Presence, PresenceReason


class Person(serializers.Serializer[Any]):
    """Somebody of the house, as others see them."""

    id = KeyField("usr")
    name = serializers.CharField()


class NamedCode(serializers.Serializer[Any]):
    """A thing that is called by its code."""

    code = serializers.CharField()
    name = serializers.CharField()


class MemberInTalk(serializers.Serializer[Any]):
    """The requester; the name is masked for everybody but themselves."""

    member_no = serializers.CharField()
    name = serializers.CharField()
    tier = serializers.ChoiceField(Tier.choices)
    tier_label = serializers.CharField()


class ShopInTalk(serializers.Serializer[Any]):
    """The shop a conversation is about."""

    shop_no = serializers.CharField()
    name = serializers.CharField()
    greeting_word = serializers.CharField(help_text="how agents address this shop's customers")


class OrderInTalk(serializers.Serializer[Any]):
    """The order a conversation is about."""

    order_no = serializers.CharField()
    product = serializers.CharField(allow_blank=True)
    paid_amount = serializers.CharField(help_text="CNY, decimal")
    status = serializers.CharField()
    status_label = serializers.CharField()
    shop = serializers.CharField(allow_null=True)


class Conversation(serializers.Serializer[Any]):
    """A thread of messages between one requester and the service."""

    id = KeyField("cnv")
    version = serializers.CharField(help_text="changes when a decision about it may no longer fit")
    conversation_no = serializers.CharField()
    medium = serializers.ChoiceField(Medium.choices)
    state = serializers.ChoiceField(State.choices)
    subject = serializers.CharField(allow_blank=True)
    priority = serializers.IntegerField(help_text="1 comes first")
    opened_at = serializers.DateTimeField()
    queued_at = serializers.DateTimeField(allow_null=True)
    accepted_at = serializers.DateTimeField(allow_null=True)
    waiting_since = serializers.DateTimeField(
        allow_null=True, help_text="since when it is our turn"
    )
    resolved_at = serializers.DateTimeField(allow_null=True)
    changed_at = serializers.DateTimeField()
    last_seq = serializers.IntegerField(help_text="number of the last message")
    last_message_at = serializers.DateTimeField(allow_null=True)
    last_author_kind = serializers.CharField(allow_blank=True)
    last_message_kind = serializers.CharField(allow_blank=True)
    last_preview = serializers.CharField(allow_blank=True)
    member_read_seq = serializers.IntegerField()
    staff_read_seq = serializers.IntegerField()
    reopened_count = serializers.IntegerField()
    limited_until = serializers.DateTimeField(
        allow_null=True,
        help_text="the member's contact is limited: words alone, slowly, in writing",
    )
    unread = serializers.IntegerField(help_text="unread on one's own side")
    team = NamedCode()
    owner = Person(allow_null=True)
    first_owner = Person(allow_null=True, help_text="who was asked first stays responsible")
    member = MemberInTalk(allow_null=True)
    shop = ShopInTalk(allow_null=True)
    order = OrderInTalk(allow_null=True)
    disposition = NamedCode(allow_null=True, help_text="what came of it; for the house alone")


class ConversationPage(serializers.Serializer[Any]):
    """One page of conversations."""

    data = Conversation(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Author(serializers.Serializer[Any]):
    """Who said something; members are masked."""

    kind = serializers.ChoiceField(AuthorKind.choices)
    name = serializers.CharField(allow_blank=True)


class Message(serializers.Serializer[Any]):
    """One thing that was said; numbered without gaps within its conversation."""

    conversation = KeyField("cnv")
    seq = serializers.IntegerField()
    client_id = serializers.UUIDField()
    author = Author()
    kind = serializers.ChoiceField(MessageKind.choices)
    body = serializers.CharField(allow_blank=True)
    payload = serializers.DictField(allow_null=True, help_text="facts of a card or a file")
    at = serializers.DateTimeField()
    recalled = serializers.BooleanField()


class MessagePage(serializers.Serializer[Any]):
    """Messages in the order of their numbers."""

    data = Message(many=True)  # type: ignore[assignment]
    has_more = serializers.BooleanField(help_text="there are more in the direction that was asked")


class ReadMark(serializers.Serializer[Any]):
    """How far each side has read."""

    member_read_seq = serializers.IntegerField()
    staff_read_seq = serializers.IntegerField()


class Note(serializers.Serializer[Any]):
    """What staff write to each other."""

    id = KeyField("nte")
    after_seq = serializers.IntegerField(help_text="the message it was written after")
    author = Person(allow_null=True)
    body = serializers.CharField()
    at = serializers.DateTimeField()


class NotePage(serializers.Serializer[Any]):
    """All notes of a conversation, oldest first."""

    data = Note(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class Attachment(serializers.Serializer[Any]):
    """An uploaded file."""

    id = KeyField("att")
    kind = serializers.ChoiceField(["image", "file"])
    name = serializers.CharField()
    size = serializers.IntegerField(help_text="bytes")
    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    content_type = serializers.CharField()
    url = serializers.CharField()


class QueuePosition(serializers.Serializer[Any]):
    """A place in a queue; 1 is next."""

    position = serializers.IntegerField(allow_null=True)
    wait_seconds = serializers.IntegerField(allow_null=True)


class PanelMember(serializers.Serializer[Any]):
    """Who the requester is, masked."""

    member_no = serializers.CharField()
    name = serializers.CharField()
    phone = serializers.CharField(allow_blank=True)
    region = serializers.CharField(allow_blank=True)
    can_reveal = serializers.BooleanField()
    tier = serializers.ChoiceField(Tier.choices)
    tier_label = serializers.CharField()
    tier_why = serializers.CharField(
        allow_blank=True,
        help_text="empty for a partner's people, as what else we know of them is left out",
    )
    standing = StandingInShort(allow_null=True)
    registered_at = serializers.DateTimeField(allow_null=True)
    real_name_verified = serializers.BooleanField()
    also = serializers.ListField(
        child=serializers.CharField(),
        help_text="Numbers of the members that are joined with this one into one contact.",
    )
    apass = Care(allow_null=True, help_text="for a member of APASS: who looks after them")


class PastTalk(serializers.Serializer[Any]):
    """An earlier conversation of the same person."""

    id = KeyField("cnv")
    conversation_no = serializers.CharField()
    subject = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(State.choices)
    opened_at = serializers.DateTimeField()
    disposition = serializers.CharField(allow_null=True)
    account = serializers.CharField(
        allow_null=True, help_text="the member number, when it was asked under another one"
    )


class PanelOrder(Order):
    """An order of the same person."""

    account = serializers.CharField(
        allow_null=True, help_text="the member number, when it was bought under another one"
    )


class HarassmentCase(serializers.Serializer[Any]):
    """What a member did to an agent, as marked and judged; words masked as everywhere."""

    id = KeyField("hrc")
    conversation = KeyField("cnv")
    conversation_no = serializers.CharField()
    member = serializers.CharField()
    grade = serializers.ChoiceField(Grade.choices, help_text="H0 to H3")
    grade_label = serializers.CharField()
    ground = serializers.ChoiceField(Ground.choices)
    ground_label = serializers.CharField()
    state = serializers.ChoiceField(CaseState.choices)
    state_label = serializers.CharField()
    reason = serializers.CharField()
    quotes = serializers.ListField(child=serializers.CharField(allow_blank=True))
    marked_by = Person()
    marked_at = serializers.DateTimeField()
    decided_by = Person(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)
    limited_until = serializers.DateTimeField(allow_null=True)
    may_decide = serializers.BooleanField(help_text="it waits for a second person, and I may be it")


class HarassmentCasePage(serializers.Serializer[Any]):
    """One page of harassment cases."""

    data = HarassmentCase(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class ContactBlock(serializers.Serializer[Any]):
    """What limits a member's contact, as they read it."""

    id = KeyField("blk")
    is_running = serializers.BooleanField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_why = serializers.CharField(allow_blank=True)
    text_only = serializers.BooleanField()
    slow_seconds = serializers.IntegerField(help_text="between two messages; 0 for none")
    no_new = serializers.BooleanField(
        help_text="new chats are closed; a written complaint is taken"
    )
    ground = serializers.ChoiceField(Ground.choices)
    ground_label = serializers.CharField()
    appeal = serializers.ChoiceField(Appeal.choices, allow_blank=True)
    appeal_label = serializers.CharField()
    appeal_text = serializers.CharField(allow_blank=True)
    appeal_answer = serializers.CharField(allow_blank=True)
    may_appeal = serializers.BooleanField()
    appeal_until = serializers.DateTimeField()


class ContactBlockPage(serializers.Serializer[Any]):
    """A member's own limits."""

    data = ContactBlock(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class RestOffer(serializers.Serializer[Any]):
    """A rest one may take after a confirmed case."""

    case = KeyField("hrc")
    until = serializers.DateTimeField()


class Panel(serializers.Serializer[Any]):
    """What stands beside a conversation."""

    member = PanelMember(allow_null=True)
    offers = Offers(allow_null=True)
    orders = PanelOrder(many=True)
    past = PastTalk(many=True)
    harassment = HarassmentCase(many=True, help_text="the member's newest cases")


class OwnPresence(serializers.Serializer[Any]):
    """Whether one takes chats."""

    presence = serializers.ChoiceField(Presence.choices)
    presence_label = serializers.CharField()
    reason = serializers.ChoiceField(PresenceReason.choices, allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    capacity = serializers.IntegerField()


class TeamPerson(serializers.Serializer[Any]):
    """A colleague in a team."""

    id = KeyField("usr")
    name = serializers.CharField()
    is_lead = serializers.BooleanField()
    presence = serializers.ChoiceField(Presence.choices)
    load = serializers.IntegerField(help_text="conversations they have now")
    capacity = serializers.IntegerField(help_text="conversations they can have")


class TeamHours(serializers.Serializer[Any]):
    """When a team is open."""

    is_open = serializers.BooleanField(help_text="now")
    closes_at = serializers.DateTimeField(
        allow_null=True, help_text="null while closed, and for a team open day and night"
    )
    opens_at = serializers.DateTimeField(allow_null=True, help_text="null while open")


class Team(serializers.Serializer[Any]):
    """A team that answers."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_mine = serializers.BooleanField()
    hours = TeamHours()


class TeamPage(serializers.Serializer[Any]):
    """All teams in use."""

    data = Team(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)


class TeamWithPeople(Team):
    """A team and who is in it."""

    people = TeamPerson(many=True)


class DeskTeam(NamedCode):
    """One of my teams at the desk."""

    people = TeamPerson(many=True)


class DeskMe(serializers.Serializer[Any]):
    """Myself at the desk."""

    id = KeyField("usr")
    name = serializers.CharField()
    presence = serializers.ChoiceField(Presence.choices)
    presence_label = serializers.CharField()
    reason = serializers.ChoiceField(PresenceReason.choices, allow_blank=True)
    reason_label = serializers.CharField(allow_blank=True)
    since = serializers.DateTimeField(allow_null=True)
    level = serializers.IntegerField(help_text="1 to 5")
    load = serializers.IntegerField()
    capacity = serializers.IntegerField()
    taken_today = serializers.IntegerField()


class DeskCounts(serializers.Serializer[Any]):
    """The figures on the tabs."""

    mine = serializers.IntegerField()
    queue = serializers.IntegerField()
    unread = serializers.IntegerField()


class DeskPresence(NamedCode):
    """A presence one can choose."""

    minutes = serializers.IntegerField(help_text="spent in it today so far")
    reasons = NamedCode(many=True)


class Desk(serializers.Serializer[Any]):
    """The whole desk at one moment."""

    me = DeskMe()
    mine = Conversation(many=True)
    queue = Conversation(many=True)
    counts = DeskCounts()
    teams = DeskTeam(many=True)
    other_teams = NamedCode(many=True)
    presences = DeskPresence(many=True)
    dispositions = NamedCode(many=True)
    greeting_word = serializers.CharField()
    rest_offer = RestOffer(allow_null=True)
    now = serializers.DateTimeField()


class CannedReply(serializers.Serializer[Any]):
    """A ready sentence."""

    shortcut = serializers.CharField()
    title = serializers.CharField()
    body = serializers.CharField(help_text="filled in; what is not known stays in braces")
    folder = serializers.CharField(allow_blank=True)


class CannedReplyPage(serializers.Serializer[Any]):
    """The ready sentences one may use."""

    data = CannedReply(many=True)  # type: ignore[assignment]
    next_cursor = serializers.CharField(allow_null=True)
