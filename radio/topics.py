"""Who may listen to the radio's topics. They carry ids; what is behind them is read again by HTTP."""

from accounts.models import User
from common.topics import topic
from radio.actions.editions import KITCHEN, TOPIC


@topic("radio")
def radio_topic(user: User, argument: str) -> str | None:
    """Editions of the open channels; those of private ones go to each person's own topic."""
    return TOPIC if user.can("radio.read") and not argument else None


@topic("kitchen")
def kitchen_topic(user: User, argument: str) -> str | None:
    """What is pushed and decided."""
    return KITCHEN if user.can("radio.screen") and not argument else None
