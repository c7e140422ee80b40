"""What the apps above may hear about people."""

from django.dispatch import Signal

left_the_desk = Signal()
"""Sent inside the transaction, with ``user``: this person answers members no more."""
