"""Who is one and the same: identities joined into contacts, and pairs that look like one person."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from common.ids import public_key, uuid7


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_work_of(self, user: Any) -> "ContactQuerySet":
        """Contacts ``user`` may look at: never their own."""
        own = RawSQL("SELECT accounts_own_members(%s, true)", [user.pk])
        mine = ContactIdentity.objects.filter(Q(user=user.pk) | Q(member__in=own))
        return self.exclude(pk__in=mine.values("contact"))


class ContactKind(models.TextChoices):
    """What stands behind a contact."""

    PERSON = "person", _("a person")
    FIRM = "firm", _("a firm")


class Contact(models.Model):
    """One natural person or firm that has several identities here (联系人).

    Whoever has one identity only needs no row: it stands for itself. Nothing points at a contact
    but its identities, so joining and parting moves nothing that anybody owns.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(
        _("kind"), max_length=8, choices=ContactKind.choices, default=ContactKind.PERSON
    )
    made_at = models.DateTimeField(_("made at"))
    # Set when all of its identities went over to another one.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("became"),
        db_index=False,
    )  # fmt: skip

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")

    def __str__(self) -> str:
        return self.public_key

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("con", self.pk)


class IdentityQuerySet(models.QuerySet["ContactIdentity"]):
    def running(self) -> "IdentityQuerySet":
        """Identities that belong to their contact now."""
        return self.filter(until=None)


class IdentityKind(models.TextChoices):
    """As what somebody is here."""

    MEMBER = "member", _("member")
    USER = "user", _("account of the house or a merchant")


class ContactIdentity(models.Model):
    """A member, or an account that works here, for as long as it belongs to a contact (身份)."""

    contact = models.ForeignKey(
        Contact, models.PROTECT, related_name="identities", verbose_name=_("contact"),
        db_index=False,
    )  # fmt: skip
    kind = models.CharField(_("kind"), max_length=8, choices=IdentityKind.choices)
    member = models.ForeignKey(
        "accounts.Member", models.CASCADE, null=True, blank=True, related_name="identities",
        verbose_name=_("member"), db_index=False,
    )  # fmt: skip
    user = models.ForeignKey(
        "accounts.User", models.CASCADE, null=True, blank=True, related_name="identities",
        verbose_name=_("account"), db_index=False,
    )  # fmt: skip
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity of a contact")
        verbose_name_plural = _("identities of contacts")
        constraints = [
            models.CheckConstraint(
                name="contactidentity_is_one_of_two",
                condition=Q(kind="member", member__isnull=False, user=None)
                | Q(kind="user", member=None, user__isnull=False),
            ),
            models.CheckConstraint(
                name="contactidentity_ends_after_it_began",
                condition=Q(until=None) | Q(until__gte=F("since")),
            ),
            # One contact at a time; also finds the contact of somebody.
            models.UniqueConstraint(
                name="contactidentity_one_of_member",
                fields=["member"],
                condition=Q(member__isnull=False, until=None),
            ),
            models.UniqueConstraint(
                name="contactidentity_one_of_user",
                fields=["user"],
                condition=Q(user__isnull=False, until=None),
            ),
        ]
        indexes = [
            # The identities of a contact, on its page and to tell what is one's own.
            models.Index(name="identity_of_contact", fields=["contact"]),
            # All periods of a member or an account: to erase, to copy, to delete.
            models.Index(
                name="identity_of_member", fields=["member"], condition=Q(member__isnull=False)
            ),
            models.Index(name="identity_of_user", fields=["user"], condition=Q(user__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.member if self.kind == IdentityKind.MEMBER else self.user)


class LikenessState(models.TextChoices):
    """What became of a pair that looks like one person."""

    OPEN = "open", _("to be looked at")
    JOINED = "joined", _("joined")
    APART = "apart", _("not the same")


class LikenessSign(models.TextChoices):
    """By what two identities look like one person."""

    PHONE = "phone", _("same phone")
    DEVICE = "device", _("same device")
    ADDRESS = "address", _("same address")
    PAYER = "payer", _("same payer")


class LikenessQuerySet(models.QuerySet["Likeness"]):
    def open(self) -> "LikenessQuerySet":
        """Pairs nobody has decided about."""
        return self.filter(state=LikenessState.OPEN)

    def for_work_of(self, user: Any) -> "LikenessQuerySet":
        """Pairs ``user`` may look at: never one they are part of themselves."""
        own = RawSQL("SELECT accounts_own_members(%s, true)", [user.pk])
        rows = self.exclude(member__in=own).exclude(other_member__in=own)
        return rows.exclude(other_user=user.pk)


class Likeness(models.Model):
    """Two identities that may be one person, and why it seems so (疑似同一人).

    Found every night by one statement; the decision stays, so that a pair is not brought up again.
    """

    member = models.ForeignKey(
        "accounts.Member", models.CASCADE, related_name="+", verbose_name=_("member")
    )
    other_member = models.ForeignKey(
        "accounts.Member", models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("other member"),
    )  # fmt: skip
    other_user = models.ForeignKey(
        "accounts.User", models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("account"),
    )  # fmt: skip
    signs = ArrayField(
        models.CharField(max_length=8, choices=LikenessSign.choices), verbose_name=_("signs")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=LikenessState.choices, default=LikenessState.OPEN
    )
    found_at = models.DateTimeField(_("found at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)

    objects = LikenessQuerySet.as_manager()

    class Meta:
        verbose_name = _("pair that may be one person")
        verbose_name_plural = _("pairs that may be one person")
        constraints = [
            models.CheckConstraint(
                name="likeness_with_one_other",
                condition=Q(other_member__gt=F("member"), other_user=None)
                | Q(other_member=None, other_user__isnull=False),
            ),
            models.CheckConstraint(
                name="likeness_decided_or_open",
                condition=Q(state="open", decided_at=None)
                | (~Q(state="open") & Q(decided_at__isnull=False)),
            ),
            models.UniqueConstraint(
                name="likeness_once",
                fields=["member", "other_member", "other_user"],
                nulls_distinct=False,
            ),
        ]
        indexes = [
            # The back office's list of what is to be decided, by keyset.
            models.Index(name="likeness_open", fields=["-id"], condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.other_member_id or self.other_user_id}"
