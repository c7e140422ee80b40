"""The numbers of the experience score as they were in force at a moment."""

from datetime import datetime
from decimal import Decimal

from common.parameters import value
from merchants.experience import parameters
from merchants.experience.rules import Bands, GateNumbers


def weights_at(preset: str, at: datetime) -> dict[str, int]:
    """Return the weights of a preset as of ``at``, by part."""
    return {code: value(f"experience.{preset}_{code}", at) for code in parameters.WEIGHTS[preset]}


def b_categories(at: datetime) -> list[str]:
    """Return the categories that preset B weights as of ``at``."""
    words = value("experience.b_categories", at).replace("，", ",").split(",")
    return [word.strip() for word in words if word.strip()]


def bands_at(at: datetime) -> Bands:
    """Return from which score on which word holds as of ``at``."""
    return Bands(*(value(f"experience.{name}", at) for name in ("excellent", "good", "fair")))


def gate_numbers(at: datetime) -> GateNumbers:
    """Return the lines of the activity gate as of ``at``."""
    return GateNumbers(
        **{name: value(f"activity.{name}", at) for name in GateNumbers.__dataclass_fields__}
    )


def warning_lines(at: datetime) -> dict[str, Decimal]:
    """Return the lines of early warnings as of ``at``, by name."""
    names = [
        f"{about}_{colour}"
        for about in ("dsr", "dispute", "three_minute", "points")
        for colour in ("amber", "red")
    ]
    return {name: value(f"warning.{name}", at) for name in names}
