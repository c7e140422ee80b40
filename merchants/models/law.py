"""The library of law: articles and the texts they had, from day to day."""

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from common.models import SearchLine, line_indexes


class Article(models.Model):
    """One article of a law or an ordinance (法条), by its number; its texts stand in its versions."""

    article_no = models.CharField(_("article no."), max_length=80, unique=True)

    class Meta:
        verbose_name = _("article of the law")
        verbose_name_plural = _("articles of the law")

    def __str__(self) -> str:
        return self.article_no


class ArticleVersionQuerySet(models.QuerySet["ArticleVersion"]):
    def valid_at(self, at: datetime) -> "ArticleVersionQuerySet":
        """The texts as of ``at``: of each article the newest that had begun by then."""
        begun = self.filter(Q(effective_from=None) | Q(effective_from__lte=at))
        newest = begun.order_by(
            "article_id", models.F("effective_from").desc(nulls_last=True)
        ).distinct("article_id")
        return self.filter(pk__in=newest.values("pk"))


class ArticleVersion(models.Model):
    """The text of an article from a day on; without one, since ever. Rules, penalties and judgements cite it.

    What a file corrects is the same text written better; a new wording has another day.
    """

    article = models.ForeignKey(
        Article, models.PROTECT, related_name="versions", db_index=False, verbose_name=_("article")
    )
    effective_from = models.DateTimeField(_("effective from"), null=True, blank=True)
    title = models.CharField(_("title"), max_length=120)
    body = models.TextField(_("text"))
    source = models.CharField(_("source"), max_length=200, blank=True, default="")
    added_at = models.DateTimeField(_("added at"), db_default=Now(), editable=False)

    objects = ArticleVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of an article")
        verbose_name_plural = _("texts of articles")
        constraints = [
            # Also the texts of an article, in order.
            models.UniqueConstraint(
                name="articleversion_once",
                fields=["article", "effective_from"],
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return self.title


class ArticleLine(SearchLine):
    """What a text of the law is found by: its title, number and words."""

    version = models.OneToOneField(
        ArticleVersion, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("articleline")
