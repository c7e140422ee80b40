"""Who may hear and say what on the socket: role × topic, role × operation. Held by test_sockets.

``OWN`` and ``FOREIGN`` read as in :mod:`tests.rights.matrix`; whoever is in neither gets ``not_found``,
word for word what a random id gets.
"""

from dataclasses import dataclass

from tests.rights.matrix import EVERYBODY, NOBODY, RADIO, SCREEN, SEE_ALL, SIDES, STAFF, Roles


@dataclass(frozen=True)
class Hears:
    """Who may listen to a kind of topic; ``foreign`` is None where there is one for the whole house."""

    own: Roles
    foreign: Roles | None


@dataclass(frozen=True)
class Says:
    """What an operation needs: a topic heard before, a conversation that may be seen, or nothing.

    ``after`` is the kind of topic that must be listened to; ``own`` and ``foreign`` are asked for
    operations that name a conversation without listening.
    """

    after: str = ""
    own: Roles = EVERYBODY
    foreign: Roles | None = None


TOPICS = {
    # Who only sees a conversation reads it masked, at the other doors.
    "conversation": Hears(SIDES, NOBODY),
    "notes": Hears(STAFF, SEE_ALL),
    "team": Hears(STAFF, SEE_ALL),
    "me": Hears(EVERYBODY, None),
    "radio": Hears(RADIO, None),
    "kitchen": Hears(SCREEN, None),
}

OPS = {
    "hello": Says(),
    "ping": Says(),
    "subscribe": Says(),  # as TOPICS says
    "unsubscribe": Says(),
    # Names of conversations that are not listened to are passed over in silence.
    "sync": Says(),
    "send": Says(own=SIDES, foreign=NOBODY),
    "recall": Says(own=SIDES | SEE_ALL, foreign=SEE_ALL),
    "queue": Says(own=SIDES | SEE_ALL, foreign=SEE_ALL),
    "read": Says(after="conversation", own=SIDES, foreign=NOBODY),
    "delivered": Says(after="conversation", own=SIDES, foreign=NOBODY),
    "typing": Says(after="conversation", own=SIDES, foreign=NOBODY),
    "viewing": Says(after="notes", own=STAFF, foreign=SEE_ALL),
}
