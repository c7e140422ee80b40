"""The door `/portfolio/`."""

from django.utils.translation import gettext_lazy as _

from accounts.doors import Door, open_door

open_door(
    Door(
        key="portfolio",
        url="/portfolio/",
        title=_("My accounts"),
        line=_("Shops you look after, the nearest clock first"),
        icon="shop",
        right="portfolio.use",
        place=35,
    )
)
