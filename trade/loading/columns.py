"""Columns that several files of trade have."""

from django.utils.translation import gettext as _

from common.loading import Money, Refused


class Amount(Money):
    """An amount of CNY: what one piece costs, what is paid back."""

    def parse(self, raw: str) -> str:
        if raw.startswith("-"):
            raise Refused(_("%(column)s is negative.") % {"column": self.name})
        return super().parse(raw)
