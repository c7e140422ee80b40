"""What the apps above may hear about people."""

from django.dispatch import Signal

left_the_desk = Signal()
"""Sent inside the transaction, with ``user``: this person answers members no more."""

access_ended = Signal()
"""Sent inside the transaction, with ``user``, ``why`` (a ``DeviceEnd``) and ``by``: whatever secret this
person was given before must open nothing any more."""
