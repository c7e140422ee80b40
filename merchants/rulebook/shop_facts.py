"""What conditions can say of shops."""

from django.utils.translation import gettext_lazy as _

from merchants.rulebook.vocabulary import NUMBER, TEXT, Fact, Source, declare_fact, declare_source

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
