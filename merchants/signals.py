"""What the apps above may hear about merchants."""

from django.dispatch import Signal

emergency_moved = Signal()
"""Sent inside the transaction, with ``measure`` (the key of an emergency measure): it began, was confirmed
or ended. Whoever owns what it is about takes that down, or gives it back."""
