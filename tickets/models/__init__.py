from tickets.models.conversations import (
    Conversation,
    Disposition,
    Medium,
    State,
    WhyReturned,
    conversation_topic,
    notes_topic,
    version_of,
)
from tickets.models.harassment import (
    Appeal,
    CaseState,
    ContactBlock,
    End,
    Grade,
    Ground,
    HarassmentCase,
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
    "Appeal",
    "Attachment",
    "AuthorKind",
    "CannedReply",
    "CaseState",
    "ContactBlock",
    "Conversation",
    "ConversationLine",
    "Disposition",
    "End",
    "Grade",
    "Ground",
    "HarassmentCase",
    "Medium",
    "Message",
    "MessageKind",
    "MessageLine",
    "Note",
    "NoteLine",
    "RecalledMessage",
    "State",
    "WhyReturned",
    "conversation_topic",
    "notes_topic",
    "version_of",
]
