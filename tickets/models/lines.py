from django.db import models

from common.models import SearchLine, line_indexes
from common.partitions import register
from tickets.models.conversations import Conversation
from tickets.models.messages import Note


class ConversationLine(SearchLine):
    """What a conversation is found by: its subject and product, its number, the member's, the order's."""

    conversation = models.OneToOneField(
        Conversation,
        models.DO_NOTHING,
        primary_key=True,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        indexes = line_indexes("conversationline")


class MessageLine(SearchLine):
    """What a message is found by: its words, the name of its file, what its card shows.

    By months as messages are, so that a month can be let go with its messages.
    """

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    conversation = models.ForeignKey(
        Conversation, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    seq = models.IntegerField()

    class Meta:
        indexes = line_indexes("messageline")


register("tickets_messageline", "conversation_id")


class NoteLine(SearchLine):
    """What an internal note is found by, for staff alone."""

    note = models.OneToOneField(
        Note, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )
    conversation = models.ForeignKey(
        Conversation, models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("noteline")
