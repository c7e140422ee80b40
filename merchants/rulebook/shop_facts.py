"""What conditions can say of shops."""

from django.utils.translation import gettext_lazy as _

from merchants.rulebook.vocabulary import (
    NUMBER,
    TEXT,
    Fact,
    Source,
    declare_fact,
    declare_join,
    declare_source,
)

SHOP = "shop"

declare_source(
    Source(name=SHOP, label=_("Shops"), table="merchants_shop s", number="s.shop_no", shop="s.id")
)
for _fact in (
    Fact("shop_no", TEXT, _("shop no."), "s.shop_no"),
    Fact("name", TEXT, _("name of the shop"), "s.name"),
    Fact("category", TEXT, _("main category of the shop"), "s.category"),
    Fact(
        "age_days",
        NUMBER,
        _("age of the shop"),
        "extract(epoch FROM now() - s.opened_at) / 86400",
        unit=_("days"),
    ),
):
    declare_fact(SHOP, _fact)

_MEAN = "c.{name}_sum::numeric / nullif(c.{name}_count, 0)"
_MEANS = {name: _MEAN.format(name=name) for name in ("desc", "service", "logistics")}
# Unknown while one of the three is: a condition that names it holds of no such shop.
_ALL_THREE = f"({' + '.join(_MEANS.values())}) / 3"


def declare_scores(source: str, shop: str) -> None:
    """Let conditions of ``source`` ask for the scores of the shop whose key is ``shop``, as counted last night."""
    declare_join(source, "scores", f"LEFT JOIN merchants_shopscore c ON c.shop_id = {shop}")
    for fact in (
        Fact("dsr", NUMBER, _("DSR, mean of the three"), _ALL_THREE, joins=("scores",)),
        Fact("desc_match", NUMBER, _("score as described"), _MEANS["desc"], joins=("scores",)),
        Fact(
            "service_attitude", NUMBER, _("score of service"), _MEANS["service"], joins=("scores",)
        ),
        Fact(
            "logistics_service",
            NUMBER,
            _("score of logistics"),
            _MEANS["logistics"],
            joins=("scores",),
        ),
        Fact("shop_credit", NUMBER, _("credit points of the shop"), "c.credit", joins=("scores",)),
    ):
        declare_fact(source, fact)


declare_scores(SHOP, "s.id")
