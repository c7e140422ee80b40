"""Rules made together: the three questions, who is asked, what they say, what is answered."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from merchants.models.rulebook import RuleVersion
from merchants.models.shops import Merchant


class Gate(models.TextChoices):
    """What a rule is tested by before anybody is asked (service standard, rule making)."""

    NECESSITY = "necessity", _("necessity")
    EFFECTIVENESS = "effectiveness", _("effectiveness")
    REASONABLENESS = "reasonableness", _("reasonableness")


class GateAnswer(models.Model):
    """How one person answers for one dimension of a version: a score, the reasons, the data.

    ``question`` answers the dimension's own: whether a law or a product already solves it; what the
    measure is to move; what it means to consumers before anything else. ``consumer_score`` is of
    reasonableness alone, which never scores higher than the rights of consumers do.
    """

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="gates", db_index=False, verbose_name=_("version")
    )
    dimension = models.CharField(_("dimension"), max_length=14, choices=Gate.choices)
    score = models.PositiveSmallIntegerField(_("score"))
    consumer_score = models.PositiveSmallIntegerField(
        _("score of consumer rights"), null=True, blank=True
    )
    text = models.TextField(_("reasons"))
    question = models.TextField(_("answer to its own question"))
    data = models.TextField(_("data"))
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("answer to a dimension")
        verbose_name_plural = _("answers to the dimensions")
        constraints = [
            models.UniqueConstraint(name="gateanswer_once", fields=["version", "dimension"]),
            models.CheckConstraint(
                name="gateanswer_score", condition=Q(score__gte=1, score__lte=5)
            ),
            models.CheckConstraint(
                name="gateanswer_consumers_first",
                condition=~Q(dimension="reasonableness")
                | Q(consumer_score__gte=1, consumer_score__lte=5, score__lte=F("consumer_score")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.dimension}"


class ConsultationInvite(models.Model):
    """A merchant who is asked about a version: named, found by a filter, or drawn."""

    class How(models.TextChoices):
        """How a merchant came to be asked."""

        NAMED = "named", _("named")
        FILTER = "filter", _("by filter")
        SAMPLE = "sample", _("drawn")

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="invites", db_index=False,
        verbose_name=_("version"),
    )  # fmt: skip
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_index=False, verbose_name=_("merchant")
    )
    how = models.CharField(_("how"), max_length=6, choices=How.choices)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("merchant asked about a rule")
        verbose_name_plural = _("merchants asked about rules")
        constraints = [
            models.UniqueConstraint(name="consultationinvite_once", fields=["version", "merchant"])
        ]
        indexes = [
            # The drafts a merchant is asked about.
            models.Index(name="consultationinvite_of_merchant", fields=["merchant", "version"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.merchant_id}"


class Choice(models.TextChoices):
    """What a merchant says of a draft."""

    FOR = "for", _("for it")
    CHANGE = "change", _("with changes")
    AGAINST = "against", _("against it")


class OpinionGroup(models.Model):
    """Objections to a version that say the same, with the one official answer to them."""

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="groups", verbose_name=_("version")
    )
    title = models.CharField(_("what they say"), max_length=120)
    made_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("grouped by")
    )
    made_at = models.DateTimeField(_("grouped at"))
    answer = models.TextField(_("official answer"), blank=True, default="")
    answered_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("answered by"),
    )  # fmt: skip
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)

    class Meta:
        verbose_name = _("group of objections")
        verbose_name_plural = _("groups of objections")
        constraints = [
            models.CheckConstraint(
                name="opiniongroup_answered_by_somebody",
                condition=Q(answer="", answered_by=None, answered_at=None)
                | (~Q(answer="") & Q(answered_by__isnull=False, answered_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return self.title


class RuleVote(models.Model):
    """What one merchant says of one version: a choice and a comment, changed until the end."""

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="votes", db_index=False, verbose_name=_("version")
    )
    merchant = models.ForeignKey(
        Merchant, models.PROTECT, related_name="+", db_index=False, verbose_name=_("merchant")
    )
    choice = models.CharField(_("choice"), max_length=7, choices=Choice.choices)
    comment = models.TextField(_("comment"), blank=True, default="")
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)
    group = models.ForeignKey(
        OpinionGroup, models.SET_NULL, null=True, blank=True, related_name="votes",
        verbose_name=_("group"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("voice on a draft")
        verbose_name_plural = _("voices on drafts")
        constraints = [
            # Also the voices of a version.
            models.UniqueConstraint(name="rulevote_once", fields=["version", "merchant"]),
        ]
        indexes = [
            # The copy of their data for who wrote them.
            models.Index(name="rulevote_by", fields=["by", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.merchant_id} {self.choice}"

    @property
    def needs_answer(self) -> bool:
        """Tell whether it is an objection in words."""
        return self.choice != Choice.FOR and bool(self.comment)


class RuleTextChange(models.Model):
    """A paragraph that was changed after the consultation, and the groups of objections it goes back to."""

    version = models.ForeignKey(
        RuleVersion, models.CASCADE, related_name="text_changes", verbose_name=_("version")
    )
    groups = ArrayField(models.BigIntegerField(), verbose_name=_("groups"), default=list)
    before = models.TextField(_("before"), blank=True, default="")
    after = models.TextField(_("after"), blank=True, default="")
    by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("by")
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("paragraph changed after a consultation")
        verbose_name_plural = _("paragraphs changed after consultations")

    def __str__(self) -> str:
        return f"{self.version_id} {self.pk}"
