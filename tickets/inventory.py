"""The columns of conversations: which are personal, and what becomes of them."""

from common.inventory import personal, table

OWNER = "operations, reception"
KEPT = (
    "as long as the account; once erasure was asked nameless, and after its end 180 days (parameter "
    "chat.kept), about an order 1096 days (chat.about_order_kept)"
)

table(
    "tickets.Attachment",
    owner=OWNER,
    purpose="Pictures and files of talks.",
    kept=KEPT + "; the bytes go at once",
    plain="id conversation kind content_type width height recalled_at",
    uploaded_by=personal("account", "who sent it", mask="name", erasure="emptied"),
    uploaded_at=personal(
        "behaviour", "when", mask="as it is", copy="attachments", erasure="deleted"
    ),
    name=personal("text", "what it is", mask="text", copy="attachments", erasure="emptied"),
    size=personal("file", "limits", mask="as it is", copy="attachments", erasure="deleted"),
    sha256=personal(
        "file", "the same file again", mask="never shown", copy="attachments", erasure="emptied"
    ),
    file=personal("file", "evidence", mask="as it is", copy="attachments", erasure="deleted"),
)
table(
    "tickets.CannedReply",
    owner=OWNER,
    purpose="Ready sentences.",
    kept="for good",
    plain="id shortcut title body folder team person is_active",
)
table(
    "tickets.Conversation",
    owner=OWNER,
    purpose="Talks between a member and the service.",
    kept=KEPT + "; the row stays, without a member, for statistics",
    plain="id medium shop team priority state owner first_owner disposition reopened_count queued_at "
    "accepted_at first_responded_at waiting_since closed_at last_seq last_member_seq last_message_at "
    "last_author_kind last_message_kind staff_unread member_unread staff_read_seq member_read_seq "
    "staff_delivered_seq member_delivered_seq changed_at limited_until limited_to_text "
    "limited_slow_seconds",
    conversation_no=personal(
        "identifier",
        "to name a talk",
        mask="as it is",
        copy="conversations",
        erasure="kept nameless",
    ),
    member=personal("identifier", "who asks", mask="name", erasure="kept nameless"),
    order=personal(
        "identifier",
        "what it is about",
        mask="as it is",
        copy="conversations",
        erasure="kept nameless",
    ),
    subject=personal(
        "text", "what it is about", mask="text", copy="conversations", erasure="blanked"
    ),
    last_preview=personal("text", "lists", mask="text", erasure="blanked"),
    opened_at=personal(
        "behaviour", "promises", mask="as it is", copy="conversations", erasure="kept nameless"
    ),
    resolved_at=personal(
        "behaviour", "promises", mask="as it is", copy="conversations", erasure="kept nameless"
    ),
)
table(
    "tickets.HarassmentCase",
    owner=OWNER,
    purpose="What a member did to an agent, marked by one and judged by another.",
    kept="as long as the account; nameless once erasure was asked",
    plain="id conversation quoted_seqs marked_by state decided_by decided_at has_request rest_until "
    "rest_taken_at",
    member=personal("identifier", "whose it is", mask="name", erasure="kept nameless"),
    grade=personal(
        "behaviour", "what follows", mask="as it is", copy="limits", erasure="kept nameless"
    ),
    ground=personal(
        "behaviour", "what happened", mask="as it is", copy="limits", erasure="kept nameless"
    ),
    marked_at=personal(
        "behaviour", "when", mask="as it is", copy="limits", erasure="kept nameless"
    ),
    reason=personal("text", "to judge it", mask="text", erasure="blanked"),
    decision_reason=personal("text", "why so judged", mask="text", erasure="blanked"),
)
table(
    "tickets.ContactBlock",
    owner=OWNER,
    purpose="How a member's contact is limited, until when, and what they say to it.",
    kept="as long as the account; nameless once erasure was asked",
    plain="id case text_only slow_seconds no_new ended_at ended_why ended_by appeal appealed_at "
    "appeal_decided_by appeal_decided_at",
    member=personal("identifier", "whose it is", mask="name", erasure="kept nameless"),
    since=personal(
        "behaviour", "since when", mask="as it is", copy="limits", erasure="kept nameless"
    ),
    until=personal(
        "behaviour", "until when", mask="as it is", copy="limits", erasure="kept nameless"
    ),
    appeal_text=personal(
        "text", "what the member says", mask="text", copy="limits", erasure="blanked"
    ),
    appeal_answer=personal("text", "what we answer", mask="text", copy="limits", erasure="blanked"),
)
table(
    "tickets.Disposition",
    owner=OWNER,
    purpose="What may come of a talk.",
    kept="for good",
    plain="id code name position is_active",
)
table(
    "tickets.Message",
    owner=OWNER,
    purpose="Everything that is said to and by members.",
    kept=KEPT,
    plain="conversation seq client_id author_kind recalled_at",
    author=personal("account", "who speaks", mask="name", erasure="emptied"),
    author_name=personal(
        "name", "who speaks; masked when stored", mask="name", copy="messages", erasure="emptied"
    ),
    kind=personal(
        "behaviour", "what is said", mask="as it is", copy="messages", erasure="kept nameless"
    ),
    body=personal("text", "to help", mask="text", copy="messages", erasure="blanked"),
    payload=personal("text", "cards and files", mask="text", copy="messages", erasure="blanked"),
    sent_at=personal(
        "behaviour", "promises", mask="as it is", copy="messages", erasure="kept nameless"
    ),
)
table(
    "tickets.Note",
    owner=OWNER,
    purpose="What staff write to each other; not in the copy: working words of the house.",
    kept=KEPT,
    plain="id conversation after_seq author written_at",
    body=personal("text", "to hand on", mask="text", erasure="blanked"),
)
table(
    "tickets.RecalledMessage",
    owner=OWNER,
    purpose="What was taken back: for auditors.",
    kept=KEPT + "; the words go at once",
    plain="id conversation seq kind recalled_at",
    body=personal("text", "audit", mask="never shown", copy="recalled", erasure="emptied"),
    payload=personal("text", "audit", mask="never shown", erasure="emptied"),
    recalled_by=personal("account", "who took it back", mask="name", erasure="emptied"),
)
table(
    "tickets.ConversationLine",
    owner=OWNER,
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="conversation at sounds",
    words=personal("text", "search", mask="never shown", erasure="deleted"),
    hidden=personal("identifier", "search by number", mask="never shown", erasure="deleted"),
)
table(
    "tickets.MessageLine",
    owner=OWNER,
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="conversation seq at sounds",
    words=personal("text", "search", mask="never shown", erasure="deleted"),
    hidden=personal("identifier", "search by number", mask="never shown", erasure="deleted"),
)
table(
    "tickets.NoteLine",
    owner=OWNER,
    purpose="What it is found by.",
    kept="as long as what it is of",
    plain="note conversation at sounds",
    words=personal("text", "search", mask="never shown", erasure="deleted"),
    hidden=personal("identifier", "search by number", mask="never shown", erasure="deleted"),
)
