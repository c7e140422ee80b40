"""What a good experience score brings beside search: the fast lane of appeals, and a shop's trust."""

from datetime import datetime

from common.parameters import value
from merchants.models import Shop
from merchants.penalties.experience import tell_experience
from merchants.queries.experience import experience_score


def is_trusted(shop: Shop, at: datetime) -> bool:
    """Tell whether the last counted score of ``shop`` reaches that from which it is trusted."""
    score = experience_score(shop)
    return score is not None and score >= value("experience.trusted", at)


tell_experience(experience_score, is_trusted)
