import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.models import SearchLine, line_indexes


class Merchant(models.Model):
    """The seller as a company (商家)."""

    merchant_no = models.CharField(_("merchant no."), max_length=32, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=120)

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")

    def __str__(self) -> str:
        return self.name


class Shop(models.Model):
    """A seller's storefront (店铺)."""

    shop_no = models.CharField(_("shop no."), max_length=32, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=120)
    merchant = models.ForeignKey(
        Merchant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="shops",
        verbose_name=_("merchant"),
    )
    category = models.CharField(_("main category"), max_length=60, blank=True)
    region = models.CharField(_("region"), max_length=40, blank=True, default="", db_default="")
    opened_at = models.DateTimeField(pgettext_lazy("of a shop", "opened at"), null=True, blank=True)
    greeting_word = models.CharField(
        _("greeting word"),
        max_length=12,
        blank=True,
        help_text=_("How agents address this shop's customers; empty means the platform's word."),
    )

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")
        triggers = [
            # Every shop has running figures, so that counting a day looks for no missing ones.
            pgtrigger.Trigger(
                name="begin_score",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                referencing=pgtrigger.Referencing(new="new_rows"),
                func="INSERT INTO merchants_shopscore (shop_id) SELECT id FROM new_rows; RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ShopLine(SearchLine):
    """What a shop is found by: its name, how the name sounds, its number and its merchant."""

    shop = models.OneToOneField(
        Shop, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("shopline")
