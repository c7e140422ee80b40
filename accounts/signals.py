"""What the apps above may hear about people."""

from django.dispatch import Signal

left_the_desk = Signal()
"""Sent inside the transaction, with ``user``: this person answers members no more."""

identities_merged = Signal()
"""Sent inside the transaction, with ``users``: these accounts are one contact now, so that what one of
them asks is no case of the others any more."""

access_ended = Signal()
"""Sent inside the transaction, with ``user``, ``why`` (a ``DeviceEnd``) and ``by``: whatever secret this
person was given before must open nothing any more."""

tiers_moved = Signal()
"""Sent inside the transaction, with ``moves`` (the keys of members by (tier before, tier after)) and
``at``: these members have another tier from that moment on. Who is new to the house is not among them."""
