from django.db import models
from django.utils.translation import gettext_lazy as _

from common.models.errands import Errand, waiting_index


class Export(Errand):
    """The rows of one list as a file (导出): what the asker may see, as the list shows it."""

    class Format(models.TextChoices):
        """Kinds of file."""

        XLSX = "xlsx", _("Excel (.xlsx)")
        CSV_BOM = "csv_bom", _("CSV for Excel (with byte order mark)")
        CSV = "csv", _("CSV (plain UTF-8)")

    prefix = "exp"

    listing = models.CharField(_("list"), max_length=64)
    query = models.TextField(_("filters"), blank=True, default="")
    columns = models.JSONField(_("columns"), default=list)
    format = models.CharField(_("kind of file"), max_length=8, choices=Format.choices)
    file_name = models.CharField(_("file"), max_length=120)
    size = models.BigIntegerField(_("bytes"), default=0)
    # The row after which the next slice goes on, and the size of the part that was committed.
    last_key = models.CharField(max_length=64, blank=True, default="")
    expires_at = models.DateTimeField(_("kept until"), null=True, blank=True)
    fetched_at = models.DateTimeField(_("first fetched at"), null=True, blank=True)

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [
            waiting_index("export_open"),
            # Files whose time is over are deleted.
            models.Index(
                name="export_expiring",
                fields=["expires_at"],
                condition=models.Q(expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name
