"""What the apps above may hear of merchants."""

from django.dispatch import Signal

limits_changed = Signal()
"""What holds for a shop changed. Sent inside the transaction, with ``shop``, ``before`` and ``after``
(lists of ``MeasureKind``) and ``at``."""

emergency_moved = Signal()
"""Sent inside the transaction, with ``measure`` (the key of an emergency measure): it began, was confirmed
or ended. Whoever owns what it is about takes that down, or gives it back."""
