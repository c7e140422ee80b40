from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from common.models.errands import Errand, waiting_index


class ImportRun(models.Model):
    """One file that was loaded (导入): how far it got and what became of its lines."""

    kind = models.CharField(_("kind"), max_length=32)
    file_name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(_("fingerprint"), max_length=64)
    size = models.BigIntegerField(_("bytes"))
    started_at = models.DateTimeField(_("started at"))
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    lines_done = models.BigIntegerField(_("lines done"), default=0)
    inserted = models.BigIntegerField(_("new"), default=0)
    updated = models.BigIntegerField(_("corrected"), default=0)
    unchanged = models.BigIntegerField(_("unchanged"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    # The rejects file is cut back to this when an interrupted run goes on.
    rejects_size = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        indexes = [
            # An interrupted run is found again by its file.
            models.Index(
                name="import_unfinished",
                fields=["kind", "sha256"],
                condition=models.Q(finished_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.file_name}"


class ImportFile(Errand):
    """A file that somebody brought to be loaded (待导入文件): read, tried out, then loaded on their word."""

    class Step(models.TextChoices):
        """What is being done with it."""

        READ = "read", _("reading the file")
        TRY = "try", _("trying it out")
        LOAD = "load", _("loading")

    prefix = "imp"

    kind = models.CharField(_("kind"), max_length=32)
    file_name = models.CharField(_("file"), max_length=200)
    size = models.BigIntegerField(_("bytes"))
    step = models.CharField(_("step"), max_length=4, choices=Step.choices, default=Step.READ)
    # In which form it came (csv, jsonl, xlsx) and in which letters.
    form = models.CharField(_("form"), max_length=8)
    encoding = models.CharField(_("letters"), max_length=16, blank=True, default="")
    lines = models.BigIntegerField(_("lines"), default=0)
    inserted = models.BigIntegerField(_("new"), default=0)
    updated = models.BigIntegerField(_("corrected"), default=0)
    unchanged = models.BigIntegerField(_("unchanged"), default=0)
    rejected = models.BigIntegerField(_("rejected"), default=0)
    run = models.OneToOneField(
        ImportRun,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("import"),
    )

    class Meta:
        verbose_name = _("file to import")
        verbose_name_plural = _("files to import")
        indexes = [waiting_index("import_file_open")]

    def __str__(self) -> str:
        return self.file_name
