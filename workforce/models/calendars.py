from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from common.hours import HOLIDAY, MAKE_UP, MINUTES_A_DAY


class WorkCalendar(models.Model):
    """When teams are open, by weekday, on holidays and on make-up workdays (调休)."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=60)
    follows_holidays = models.BooleanField(
        _("keeps public holidays"),
        default=True,
        help_text=_("Holidays and make-up workdays then have hours of their own."),
    )

    class Meta:
        verbose_name = _("working hours")
        verbose_name_plural = _("working hours")
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class DayKind(models.IntegerChoices):
    """Which hours a day has."""

    MONDAY = 0, WEEKDAYS[0]
    TUESDAY = 1, WEEKDAYS[1]
    WEDNESDAY = 2, WEEKDAYS[2]
    THURSDAY = 3, WEEKDAYS[3]
    FRIDAY = 4, WEEKDAYS[4]
    SATURDAY = 5, WEEKDAYS[5]
    SUNDAY = 6, WEEKDAYS[6]
    HOLIDAY = HOLIDAY, _("Public holiday")
    MAKE_UP = MAKE_UP, _("Make-up workday")


class WorkInterval(models.Model):
    """From when until when on one kind of day, in minutes; past 1440 is the next morning."""

    calendar = models.ForeignKey(
        WorkCalendar, models.CASCADE, related_name="intervals", verbose_name=_("working hours")
    )
    day = models.PositiveSmallIntegerField(_("day"), choices=DayKind.choices)
    opens = models.PositiveSmallIntegerField(_("opens"))
    closes = models.PositiveSmallIntegerField(_("closes"))

    class Meta:
        verbose_name = _("interval")
        verbose_name_plural = _("intervals")
        ordering = ["day", "opens"]
        constraints = [
            models.CheckConstraint(
                name="interval_of_a_day_at_most",
                condition=Q(opens__lt=MINUTES_A_DAY)
                & Q(closes__gt=F("opens"))
                & Q(closes__lte=F("opens") + MINUTES_A_DAY),
            ),
            models.CheckConstraint(name="interval_day", condition=Q(day__lte=MAKE_UP)),
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.day} {self.opens}-{self.closes}"


class ExceptionKind(models.TextChoices):
    """What differs from the usual hours."""

    CLOSURE = "closure", _("Closed")
    OPENING = "opening", _("Open")


class CalendarException(models.Model):
    """A one-off closure or opening, with the words that say why."""

    calendar = models.ForeignKey(
        WorkCalendar, models.CASCADE, related_name="exceptions", verbose_name=_("working hours")
    )
    kind = models.CharField(_("kind"), max_length=8, choices=ExceptionKind.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    words = models.CharField(_("words"), max_length=120)

    class Meta:
        verbose_name = _("one-off hours")
        verbose_name_plural = _("one-off hours")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                name="exception_ends_later", condition=Q(ends_at__gt=F("starts_at"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.calendar} {self.words}"
