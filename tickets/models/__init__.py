from tickets.models.conversations import (
    Conversation,
    Disposition,
    Medium,
    State,
    conversation_topic,
    notes_topic,
    version_of,
)
from tickets.models.lines import ConversationLine, MessageLine, NoteLine
from tickets.models.messages import (
    Attachment,
    AuthorKind,
    Message,
    MessageKind,
    Note,
    RecalledMessage,
)
from tickets.models.replies import CannedReply

__all__ = [
    "Attachment",
    "AuthorKind",
    "CannedReply",
    "Conversation",
    "ConversationLine",
    "Disposition",
    "Medium",
    "Message",
    "MessageKind",
    "MessageLine",
    "Note",
    "NoteLine",
    "RecalledMessage",
    "State",
    "conversation_topic",
    "notes_topic",
    "version_of",
]
