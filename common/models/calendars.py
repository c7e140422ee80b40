from django.db import models
from django.utils.translation import gettext_lazy as _


class CalendarDay(models.Model):
    """A day on which the official list differs from the weekday: a holiday or a make-up workday (调休)."""

    day = models.DateField(_("day"), primary_key=True)
    name = models.CharField(_("name"), max_length=40)
    is_off = models.BooleanField(_("day off"))
    source = models.CharField(_("source"), max_length=120, blank=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("calendar day")
        verbose_name_plural = _("calendar")

    def __str__(self) -> str:
        return f"{self.day} {self.name}"
