"""What a socket hears from the hub, and who may still hear it after rights have changed."""

from common.topics import resolve
from tickets.consumers import frames
from tickets.consumers.base import SIGN_IN, TRY_LATER, SocketBase
from tickets.consumers.identity import arrival_by


class Hearing(SocketBase):
    """Passes on what is said in the topics the client listens to, as long as they are theirs."""

    def hear(self, topic: str, key: int | None, frame: bytes) -> None:
        if self.is_doubtful:
            # Nothing said after a change is heard before it is known who may hear it.
            self.held = self.held or []
            self.held.append((topic, key, frame))
            if len(self.held) > self.outbox_limit:
                self.drop(TRY_LATER, "try again")
            return
        subscription = self.subscriptions.get(topic)
        if subscription is not None:
            subscription.hear(key, frame)
            return
        if self.user is None or topic != f"user.{self.user.pk}":
            return  # of a topic closed while this frame was on its way, or held back
        if self.user.allows_topic("me"):
            self.offer(frame)
        if b'"rights.changed"' in frame:
            self.ask_again()

    def resync(self) -> None:
        self.tell(op="resync", reason="bus")
        for subscription in self.subscriptions.values():
            subscription.catch_up()
        # A withdrawn right may be among what was missed.
        self.ask_again()

    def ask_again(self) -> None:
        """Ask again who this is; until that is known, what is heard and said waits."""
        self.doubts += 1
        self.beside(self.check_rights())

    async def check_rights(self) -> None:
        """Ask again who this is and what they may hear; close what was withdrawn.

        Several may be asking at one moment: an answer counts for the doubts there were before it was
        asked for, and one that a newer answer has overtaken counts for nothing.
        """
        if self.user is None or self.closed:
            return
        doubts = self.doubts
        arrival = await self.live.in_pool(arrival_by, self.hold)
        if arrival is None:
            self.drop(SIGN_IN, "rights withdrawn")
            return
        for topic, subscription in list(self.subscriptions.items()):
            if await self.live.in_pool(resolve, arrival.user, subscription.name) == topic:
                continue
            if self.settled < doubts and self.subscriptions.get(topic) is subscription:
                del self.subscriptions[topic]
                subscription.end()
                await self.live.hub.unsubscribe(topic, self)
                self.tell(
                    op="error",
                    code="not_found",
                    topic=subscription.name,
                    message=self.words(frames.GONE),
                )
        if self.settled < doubts:
            self.user, self.settled = arrival.identity, doubts
        if not self.is_doubtful:
            held, self.held = self.held or [], None
            for heard in held:
                self.hear(*heard)
