"""Who may hear and say what on the socket: role × topic, role × operation. Held by test_sockets.

``OWN`` and ``FOREIGN`` read as in :mod:`tests.rights.matrix`; whoever is in neither gets ``not_found``,
word for word what a random id gets.
"""

from dataclasses import dataclass

from tests.rights.matrix import EVERYBODY, NOBODY, RADIO, SCREEN, SEE_ALL, SIDES, STAFF, Roles


@dataclass(frozen=True)
class Hears:
    """Who may listen to a kind of topic; ``foreign`` is None where there is one for the whole house.

    ``scope`` is what an integration token needs besides its owner's right.
    """

    own: Roles
    foreign: Roles | None
    scope: str


@dataclass(frozen=True)
class Says:
    """What an operation needs: a topic heard before, a conversation that may be seen, or nothing.

    ``after`` is the kind of topic that must be listened to; ``own`` and ``foreign`` are asked for
    operations that name a conversation without listening. ``scope`` is what an integration token
    needs; where there is none, a token that may open a socket may do it.
    """

    after: str = ""
    own: Roles = EVERYBODY
    foreign: Roles | None = None
    scope: str = ""


TOPICS = {
    # Who only sees a conversation reads it masked, at the other doors.
    "conversation": Hears(SIDES, NOBODY, "messages:read"),
    "notes": Hears(STAFF, SEE_ALL, "notes:read"),
    "team": Hears(STAFF, SEE_ALL, "queue:read"),
    "me": Hears(EVERYBODY, None, "notifications:read"),
    "radio": Hears(RADIO, None, "editions:read"),
    "kitchen": Hears(SCREEN, None, "cases:read"),
}

OPS = {
    "hello": Says(),
    "ping": Says(),
    "subscribe": Says(),  # as TOPICS says
    "unsubscribe": Says(),
    # Names of conversations that are not listened to are passed over in silence.
    "sync": Says(),
    "send": Says(own=SIDES, foreign=NOBODY, scope="messages:write"),
    "recall": Says(own=SIDES | SEE_ALL, foreign=SEE_ALL, scope="messages:write"),
    "queue": Says(own=SIDES | SEE_ALL, foreign=SEE_ALL, scope="conversations:read"),
    "read": Says(after="conversation", own=SIDES, foreign=NOBODY, scope="messages:write"),
    "delivered": Says(after="conversation", own=SIDES, foreign=NOBODY, scope="messages:write"),
    "typing": Says(after="conversation", own=SIDES, foreign=NOBODY, scope="messages:write"),
    "viewing": Says(after="notes", own=STAFF, foreign=SEE_ALL, scope="notes:write"),
}
