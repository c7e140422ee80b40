from django.db import models
from django.utils.translation import gettext_lazy as _


class RateBucket(models.Model):
    """How many requests somebody may still make at once in one scope; it fills again as time passes."""

    key = models.CharField(_("who and what"), max_length=160, primary_key=True)
    tokens = models.FloatField(_("left"))
    filled_at = models.DateTimeField(_("filled at"))
    # Whether the last request was let through: an upsert can only answer with what it stored.
    let_through = models.BooleanField(_("let through"))

    class Meta:
        verbose_name = _("rate bucket")
        verbose_name_plural = _("rate buckets")
        indexes = [
            # The hourly upkeep forgets those that are full again.
            models.Index(name="rate_bucket_oldest", fields=["filled_at"])
        ]

    def __str__(self) -> str:
        return self.key
