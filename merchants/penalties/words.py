"""What is given back, in words."""

from django.utils.translation import gettext_lazy as _

from merchants.penalties.restoring import name_given_back

name_given_back(
    {
        "points": _("Points"),
        "strike": _("Strike"),
        "measure": _("Measure"),
        "until": _("End of the measures"),
        "notice": _("Public notice"),
        "limits": _("What holds for the shop"),
    }
)
