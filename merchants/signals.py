"""What the apps above may hear of merchants."""

from django.dispatch import Signal

limits_changed = Signal()
"""What holds for a shop changed. Sent inside the transaction, with ``shop``, ``before`` and ``after``
(lists of ``MeasureKind``) and ``at``."""
