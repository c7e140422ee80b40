import uuid
from functools import cached_property
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import rules
from common.ids import public_key
from common.masking import mask_name
from common.models import SearchLine, line_indexes


class Role(models.TextChoices):
    """What a person is in the house; rights follow from it (``rules.RIGHTS``)."""

    MEMBER = rules.MEMBER, _("member")
    MERCHANT_STAFF = rules.MERCHANT_STAFF, _("merchant staff")
    AGENT = rules.AGENT, _("agent")
    SENIOR = rules.SENIOR, _("senior agent")
    LEAD = rules.LEAD, _("team lead")
    PARTNER_AGENT = rules.PARTNER_AGENT, _("partner's agent")
    ACCOUNT_MANAGER = rules.ACCOUNT_MANAGER, _("account manager")
    BUSINESS = rules.BUSINESS, _("business team")
    OPERATIONS = rules.OPERATIONS, _("operations")
    AUDITOR = rules.AUDITOR, _("auditor")
    EXECUTIVE = rules.EXECUTIVE, _("executive")


class Tier(models.TextChoices):
    """A member's tier (会员等级)."""

    NEW = "new", _("New · guided")
    NORMAL = "normal", _("Normal")
    SUPER = "super", _("Super")
    VIP88 = "vip88", _("88VIP")
    APASS = "apass", _("APASS")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        fields = {"display_name": username, "is_superuser": True} | fields
        return self.create_user(username, password, **fields)


class User(AbstractBaseUser):
    """A person who can sign in: member, merchant's or our own staff."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    username = models.CharField(_("account"), max_length=64, unique=True)
    display_name = models.CharField(_("name"), max_length=64)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    roles = ArrayField(
        models.CharField(max_length=24, choices=Role.choices),
        verbose_name=_("roles"),
        default=list,
        blank=True,
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        blank=True,
        choices=[("zh-hans", "简体中文"), ("en", "English")],
    )
    is_superuser = models.BooleanField(_("superuser"), default=False)
    is_active = models.BooleanField(_("may sign in"), default=True)
    date_joined = models.DateTimeField(_("joined at"), default=timezone.now)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]
    objects = UserManager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_once",
                violation_error_message=_("This account name is taken."),
            ),
            # Phone is a way to sign in: one person per number.
            models.UniqueConstraint(
                name="user_phone_once", fields=["phone"], condition=~models.Q(phone="")
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name or self.username

    @property
    def is_buyer(self) -> bool:
        """Tell whether this is a buyer and nothing else."""
        return set(self.roles) <= {Role.MEMBER} and not self.is_superuser

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("usr", self.public_id)

    @property
    def shown_name(self) -> str:
        """The name as colleagues see it: a buyer's masked, staff's whole."""
        if self.is_buyer:
            return mask_name(self.display_name)
        return self.display_name or self.username

    def get_full_name(self) -> str:
        return self.display_name

    def get_short_name(self) -> str:
        return self.display_name

    @cached_property
    def rights(self) -> frozenset[str]:
        """What this person may do, by role; nothing once the account is closed."""
        return rules.rights_of(self.roles) if self.is_active else frozenset()

    def own_members(self) -> RawSQL:
        """Return the keys of all members this person is: under this account, and under joined ones."""
        return own_members(self)

    def can(self, right: str) -> bool:
        """Tell whether this person may do ``right``; superusers may everything."""
        return self.is_active and (self.is_superuser or right in self.rights)

    @property
    def is_agent(self) -> bool:
        """Tell whether this person answers members (bots never do)."""
        return bool(rules.SERVICE_ROLES.intersection(self.roles))

    @property
    def is_partner_agent(self) -> bool:
        """Tell whether this person answers for a partner: they see its queues and nothing else."""
        return Role.PARTNER_AGENT in self.roles

    @property
    def is_staff(self) -> bool:
        """Tell whether the back office opens for this person (Django's word)."""
        return self.can("admin.use")

    # Django's own permission questions, answered by the role table: only the admin asks them.
    def has_perm(self, perm: str, obj: object = None) -> bool:
        if not self.is_active:
            return False
        if self.is_superuser:
            return True
        app_label, _dot, codename = perm.partition(".")
        return rules.admin_allows(self.roles, app_label, codename.partition("_")[0])

    def has_perms(self, perm_list: Any, obj: object = None) -> bool:
        return all(self.has_perm(perm, obj) for perm in perm_list)

    def has_module_perms(self, app_label: str) -> bool:
        return self.has_perm(f"{app_label}.view_any")


class MemberQuerySet(models.QuerySet["Member"]):
    def visible_to(self, user: User) -> "MemberQuerySet":
        """Members ``user`` may see: oneself; our desk and the back office see all, masked by the door.

        Who has asked to be erased is found by those who handle it alone. Nobody sees at work what
        they are under another account.
        """
        if user.can("personal_data.handle"):
            return self.exclude(pk__in=own_elsewhere(user))
        if user.can("customers.look_up") or user.can("tickets.see_all"):
            return self.filter(hidden_at=None).exclude(pk__in=own_elsewhere(user))
        return self.filter(user=user, hidden_at=None) if user.is_authenticated else self.none()

    def for_work_of(self, user: User) -> "MemberQuerySet":
        """Members ``user`` may see at work: never oneself, under whatever account."""
        return self.visible_to(user).exclude(user=user)

    def of_person(self, user: User) -> "MemberQuerySet":
        """Members that ``user`` is: under this account, or under one that is joined with it."""
        return self.filter(pk__in=own_members(user))

    def hidden(self) -> "MemberQuerySet":
        """Members who have asked to be erased and are not nameless yet: a handful at any time."""
        return self.filter(hidden_at__isnull=False)


class Member(models.Model):
    """A buyer (会员); has a sign-in only when ``user`` is set."""

    member_no = models.CharField(_("member no."), max_length=32, unique=True)
    user = models.OneToOneField(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="member",
        verbose_name=_("account"),
    )
    display_name = models.CharField(_("name"), max_length=64, blank=True)
    phone = models.CharField(_("phone"), max_length=32, blank=True)
    region = models.CharField(_("region"), max_length=40, blank=True)
    tier = models.CharField(_("tier"), max_length=8, choices=Tier.choices, default=Tier.NORMAL)
    real_name_verified = models.BooleanField(_("real name verified"), default=False)
    registered_at = models.DateTimeField(_("registered at"), null=True, blank=True)
    # Between asking for erasure and being made nameless: kept, but nobody finds them.
    hidden_at = models.DateTimeField(_("hidden since"), null=True, blank=True, editable=False)
    erased_at = models.DateTimeField(_("nameless since"), null=True, blank=True, editable=False)

    objects = MemberQuerySet.as_manager()

    class Meta:
        verbose_name = _("member")
        verbose_name_plural = _("members")
        indexes = [
            # Back office list, newest first, by keyset.
            models.Index(name="member_newest", fields=["-registered_at", "-id"]),
            # Who is hidden at this moment: few, and left out of every list.
            models.Index(
                name="member_hidden", fields=["id"], condition=models.Q(hidden_at__isnull=False)
            ),
            # Search by the number a caller names.
            models.Index(name="member_by_phone", fields=["phone"]),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The number and the masked name."""
        return f"{self.member_no} {mask_name(self.display_name)}".strip()


def own_elsewhere(user: User) -> RawSQL:
    """Return the keys of the members ``user`` is under other accounts, by the contact they share."""
    return RawSQL("SELECT accounts_own_members(%s, false)", [user.pk])


def own_members(user: User) -> RawSQL:
    """Return the keys of all members ``user`` is: under this account, and under joined ones."""
    return RawSQL("SELECT accounts_own_members(%s, true)", [user.pk])


class MemberLine(SearchLine):
    """What a member is found by: the number and what a masked name shows; the whole name is ``hidden``."""

    member = models.OneToOneField(
        Member, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="+"
    )

    class Meta:
        indexes = line_indexes("memberline")
