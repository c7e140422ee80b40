"""The back office: one base class for all pages, actions with a reason, and the records of the house."""

from common.admin import (  # noqa: F401  (registers them)
    chain,
    errand_pages,
    import_pages,
    machine,
    parameters,
    records,
)
from common.admin.acts import ReasonForm, reason_action
from common.admin.base import BaseAdmin, ReadOnlyAdmin, SuperuserAdmin
from common.admin.chips import Chip
from common.admin.days import DayField
from common.admin.lists import MomentFilter
from common.admin.picking import Picking

__all__ = [
    "BaseAdmin",
    "Chip",
    "DayField",
    "MomentFilter",
    "Picking",
    "ReadOnlyAdmin",
    "ReasonForm",
    "SuperuserAdmin",
    "reason_action",
]
