"""What operations tell many shops at once (商家通知), and which shops were told."""

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from common.ids import public_key, uuid7
from merchants.bulletins import rules
from merchants.models.shops import Shop
from merchants.models.staff import shops_of


class BulletinState(models.TextChoices):
    """Where a bulletin is; moves are ``rules.MOVES``."""

    DRAFT = rules.DRAFT, pgettext_lazy("of a bulletin", "draft")
    WAITING = rules.WAITING, _("waits for a second person")
    APPROVED = rules.APPROVED, pgettext_lazy("of a bulletin", "approved")
    SENDING = rules.SENDING, _("shops are being told")
    STOPPED = rules.STOPPED, pgettext_lazy("of a bulletin", "stopped")
    SENT = rules.SENT, _("all shops told")
    DROPPED = rules.DROPPED, pgettext_lazy("of a bulletin", "dropped")


class Urgency(models.TextChoices):
    """How urgent it is; what is urgent passes quiet hours and goes out first."""

    NORMAL = rules.NORMAL, pgettext_lazy("of a bulletin", "as usual")
    URGENT = rules.URGENT, pgettext_lazy("of a bulletin", "urgent")


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    def told_to(self, shops: "models.QuerySet[Shop]") -> "BulletinQuerySet":
        """Those that at least one of ``shops`` was told."""
        told = BulletinRecipient.objects.filter(
            bulletin=models.OuterRef("pk"), shop__in=shops.values("pk"), told_at__isnull=False
        )
        return self.filter(models.Exists(told), begun_at__isnull=False)

    def of_shops_of(self, user: User) -> "BulletinQuerySet":
        """Those told to the shops that ``user`` works for; none for all others."""
        if not user.is_authenticated or not user.can("shop.use"):
            return self.none()
        return self.told_to(shops_of(user))


_SAYS = ("title_zh", "title_en", "body_zh", "body_en", "link", "urgency", "audience")
_CHANGED = " OR ".join(f"OLD.{one} IS DISTINCT FROM NEW.{one}" for one in _SAYS)
_KEEP_WORDS = f"""
IF OLD.state <> 'draft' AND ({_CHANGED}) THEN
    RAISE EXCEPTION 'what bulletin % says and whom it is for was handed on and never changes', OLD.id;
END IF;
IF OLD.drafted_by_id IS DISTINCT FROM NEW.drafted_by_id THEN
    RAISE EXCEPTION 'who drafted bulletin % never changes', OLD.id;
END IF;
IF OLD.approved_at IS NOT NULL AND (OLD.approved_at IS DISTINCT FROM NEW.approved_at
        OR OLD.approved_by_id IS DISTINCT FROM NEW.approved_by_id) THEN
    RAISE EXCEPTION 'who approved bulletin % never changes', OLD.id;
END IF;
RETURN NEW;
"""


class Bulletin(models.Model):
    """One text for many shops (商家通知): drafted, tried, approved above a number of shops, told.

    ``audience`` is data (``merchants.bulletins.audience``). ``shops_asked`` is how many were counted
    when a second person was asked; ``shops`` how many it was frozen for, ``told`` how many of them were
    told so far and ``people`` how many people.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title_zh = models.CharField(_("title in Chinese"), max_length=60)
    title_en = models.CharField(_("title in English"), max_length=100)
    body_zh = models.TextField(_("text in Chinese"))
    body_en = models.TextField(_("text in English"))
    link = models.CharField(_("link"), max_length=300, blank=True)
    urgency = models.CharField(
        _("urgency"), max_length=6, choices=Urgency.choices, default=Urgency.NORMAL
    )
    audience = models.JSONField(_("audience"))
    state = models.CharField(
        _("state"), max_length=8, choices=BulletinState.choices, default=BulletinState.DRAFT
    )
    drafted_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", db_index=False, verbose_name=_("drafted by")
    )
    drafted_at = models.DateTimeField(_("drafted at"))
    asked_at = models.DateTimeField(_("second person asked at"), null=True, blank=True)
    shops_asked = models.PositiveIntegerField(_("shops when asked"), null=True, blank=True)
    approved_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("approved by"),
    )  # fmt: skip
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    begun_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("sent by"),
    )  # fmt: skip
    begun_at = models.DateTimeField(_("frozen at"), null=True, blank=True)
    limit_shops = models.PositiveIntegerField(
        _("shops without a second person"), null=True, blank=True
    )
    shops = models.PositiveIntegerField(_("shops"), default=0)
    told = models.PositiveIntegerField(_("shops told"), default=0)
    people = models.PositiveIntegerField(_("people told"), default=0)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        constraints = [
            models.CheckConstraint(
                name="bulletin_approved_by_another",
                condition=Q(approved_by=None) | ~Q(approved_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="bulletin_approved_has_a_moment",
                condition=Q(approved_by=None, approved_at=None)
                | Q(approved_by__isnull=False, approved_at__isnull=False),
            ),
            # Above the limit nobody is told without a second person.
            models.CheckConstraint(
                name="bulletin_two_above_the_limit",
                condition=Q(begun_at=None)
                | Q(shops__lte=F("limit_shops"))
                | Q(approved_by__isnull=False),
            ),
            models.CheckConstraint(
                name="bulletin_begun_or_not",
                condition=Q(state__in=sorted(rules.BEGUN), begun_at__isnull=False)
                | (~Q(state__in=sorted(rules.BEGUN)) & Q(begun_at=None)),
            ),
            models.CheckConstraint(
                name="bulletin_closed_has_a_moment",
                condition=Q(state__in=[rules.SENT, rules.DROPPED], closed_at__isnull=False)
                | (~Q(state__in=[rules.SENT, rules.DROPPED]) & Q(closed_at=None)),
            ),
            models.CheckConstraint(
                name="bulletin_tells_no_more_than_there_are", condition=Q(told__lte=F("shops"))
            ),
        ]
        indexes = [
            # The clock's look for what is to be told, and the list by state.
            models.Index(name="bulletin_by_state", fields=["state", "-id"]),
            # A shop's page: the newest first, of all that were ever sent.
            models.Index(
                name="bulletin_begun", fields=["-begun_at", "-id"],
                condition=Q(begun_at__isnull=False),
            ),
        ]  # fmt: skip
        triggers = [
            pgtrigger.Trigger(
                name="keep_words",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=_KEEP_WORDS,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("bul", self.pk)

    @property
    def title(self) -> str:
        """The title in the language of whoever reads."""
        return self.title_zh if speaks_chinese() else self.title_en

    @property
    def body(self) -> str:
        """The text in the language of whoever reads."""
        return self.body_zh if speaks_chinese() else self.body_en


class BulletinRecipient(models.Model):
    """A shop a bulletin is for, written when the audience was frozen; told once, with how many people.

    ``read_at`` is when the first of its people said that they had read it.
    """

    bulletin = models.ForeignKey(
        Bulletin, models.PROTECT, related_name="recipients", db_index=False,
        verbose_name=_("bulletin"),
    )  # fmt: skip
    shop = models.ForeignKey(
        Shop, models.PROTECT, related_name="bulletins", db_index=False, verbose_name=_("shop")
    )
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    people = models.PositiveIntegerField(_("people told"), default=0)
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    read_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=_("read by"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("shop of a bulletin")
        verbose_name_plural = _("shops of bulletins")
        constraints = [
            # Each shop once; also what a shop's page asks.
            models.UniqueConstraint(name="bulletinrecipient_once", fields=["bulletin", "shop"]),
            models.CheckConstraint(
                name="bulletinrecipient_told_then_read",
                condition=Q(read_at=None, read_by=None)
                | Q(read_at__gte=F("told_at"), told_at__isnull=False, read_by__isnull=False),
            ),
        ]
        indexes = [
            # The next batch.
            models.Index(
                name="bulletinrecipient_waiting", fields=["bulletin", "id"],
                condition=Q(told_at=None),
            ),
            models.Index(name="bulletinrecipient_of_shop", fields=["shop", "bulletin"]),
        ]  # fmt: skip
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.shop_id} {self.bulletin_id}"


def speaks_chinese() -> bool:
    """Tell whether what is said now is said in Chinese: also where no language was chosen."""
    return (get_language() or "zh").startswith("zh")
