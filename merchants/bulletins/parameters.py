"""Numbers of bulletins."""

from django.utils.translation import gettext_lazy as _

from common.parameters import declare

_SHOPS = _("shops")

declare(
    "bulletin.second_person_above", 200,
    _("Shops above which a second person approves a bulletin"),
    minimum=1, maximum=1_000_000, unit=_SHOPS,
)  # fmt: skip
declare(
    "bulletin.batch", 200, _("Shops that are told of a bulletin at once"),
    minimum=1, maximum=1_000, unit=_SHOPS,
)  # fmt: skip
declare(
    "bulletin.listed", 5_000, _("Shops that the audience of a bulletin may name one by one"),
    minimum=1, maximum=50_000, unit=_SHOPS,
)  # fmt: skip
