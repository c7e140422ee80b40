"""What the task queue does for trade."""

from merchants.models import EmergencyMeasure
from trade.emergencies import follow_emergency as follow


def follow_emergency(measure_id: str) -> int:
    """Do to the products of one measure what it says now; return how many moved."""
    measure = EmergencyMeasure.objects.filter(pk=measure_id).first()
    return follow(measure) if measure is not None else 0
