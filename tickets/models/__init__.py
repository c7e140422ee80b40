from tickets.models.conversations import (
    Conversation,
    Disposition,
    Medium,
    State,
    conversation_topic,
    notes_topic,
)
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
    "Disposition",
    "Medium",
    "Message",
    "MessageKind",
    "Note",
    "RecalledMessage",
    "State",
    "conversation_topic",
    "notes_topic",
]
