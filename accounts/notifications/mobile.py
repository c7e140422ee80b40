"""Push to the app on a phone, whoever carries it: a vendor is one small class.

To add a vendor (JPush, Getui, FCM, APNs, HarmonyOS Push Kit …):

1. Subclass :class:`PushProvider` in a module of its own and give it a ``name``.
2. Write ``send``: make one request (``common.outgoing.post`` is a careful one, with short timeouts)
   and return an :class:`Outcome`: ``sent``; ``again`` for what may pass (time-outs, 429, 5xx; with
   ``wait_seconds`` from Retry-After); ``gone`` when the vendor says that the token is no longer
   valid (the phone is then forgotten); ``never`` for everything else. Put the vendor's own words
   into ``answer`` without any secret. Send ``message.key`` as the vendor's idempotency or collapse
   key, so that a second try is not a second banner. Do not touch the database: sends run in
   threads.
3. Call :func:`declare_provider` at the end of the module, import the module in
   ``accounts/notifications/providers.py``, and choose it by ``XIAOER_MOBILE_PUSH=name``. Secrets come
   from the environment.

Tokens are registered under the provider that is chosen at that time; when another one is chosen, the
app registers anew and the old rows are skipped with a reason.
"""

from django.conf import settings

from accounts.models import PushDevice
from accounts.notifications.outcomes import AGAIN, GONE, NEVER, SENT, Message, Outcome
from common.parameters import value


class PushProvider:
    """Who carries a message to a phone; a subclass says how."""

    name = ""

    def send(self, device: PushDevice, message: Message) -> Outcome:
        """Carry ``message`` to ``device``; never raises for what the network or the vendor does."""
        raise NotImplementedError


class SimulatedProvider(PushProvider):
    """Carries nothing: remembers what would have been on the screen and behaves as it is told.

    The parameter ``notification.simulated_push`` tells it: deliver, fail, time_out or gone.
    """

    name = "simulated"

    def send(self, device: PushDevice, message: Message) -> Outcome:
        behaviour = value("notification.simulated_push")
        kept = {
            "platform": device.platform,
            "title": message.title,
            "body": message.body,
            "url": message.url,
            "behaviour": str(behaviour)[:16],
        }
        match behaviour:
            case "deliver":
                return Outcome(SENT, "simulated: accepted", kept=kept)
            case "fail":
                return Outcome(AGAIN, "simulated: 503 the provider is in trouble", kept=kept)
            case "time_out":
                return Outcome(AGAIN, "simulated: no answer within 6 s", kept=kept)
            case "gone":
                return Outcome(GONE, "simulated: this token is no longer registered", kept=kept)
            case _:
                said = f"simulated: told to do something unknown ({behaviour})"
                return Outcome(NEVER, said[:200], kept=kept)


_providers: dict[str, PushProvider] = {}


def declare_provider(provider: PushProvider) -> None:
    """Let ``provider`` be chosen by its name."""
    _providers[provider.name] = provider


def provider() -> PushProvider:
    """Return the chosen provider. Raises ``KeyError`` when none is called so (a system check says it)."""
    return _providers[settings.MOBILE_PUSH_PROVIDER]


def provider_names() -> list[str]:
    """Return the names one may choose."""
    return sorted(_providers)


def send(device: PushDevice, message: Message) -> Outcome:
    """Send by the chosen provider; a token of another one cannot be used."""
    chosen = provider()
    if device.provider != chosen.name:
        return Outcome(NEVER, f"registered with {device.provider}, now {chosen.name} is chosen")
    return chosen.send(device, message)


declare_provider(SimulatedProvider())
