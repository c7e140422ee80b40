from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.ids import public_key, uuid7


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, user: Any) -> "SavedViewQuerySet":
        """One's own and those shared with one of one's roles, as long as they are kept."""
        shared = Q(roles__overlap=list(user.roles))
        return self.filter(Q(owner=user) | shared, deleted_at=None)


class SavedView(models.Model):
    """A list as somebody wants to see it again (常用视图): filters, words searched for, columns."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    listing = models.CharField(_("list"), max_length=64)
    name = models.CharField(_("name"), max_length=40)
    # As the address says it; checked against the list's own filters when written and when used.
    query = models.TextField(_("filters"), blank=True, default="")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by")
    )
    roles = ArrayField(
        models.CharField(max_length=24), verbose_name=_("shared with"), default=list, blank=True
    )
    made_at = models.DateTimeField(_("written at"))
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("saved view")
        verbose_name_plural = _("saved views")
        constraints = [
            models.UniqueConstraint(
                name="view_name_once_per_person",
                fields=["owner", "listing", "name"],
                condition=Q(deleted_at=None),
            )
        ]
        indexes = [
            # The tabs over a list.
            models.Index(name="view_of_list", fields=["listing"], condition=Q(deleted_at=None))
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def public_id(self) -> str:
        """The name by which the outside knows it."""
        return public_key("view", self.id)


class DefaultView(models.Model):
    """The view with which one person's list opens."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    listing = models.CharField(max_length=64)
    view = models.ForeignKey(SavedView, models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(name="default_view_once_per_list", fields=["person", "listing"])
        ]

    def __str__(self) -> str:
        return f"{self.listing} {self.view_id}"
