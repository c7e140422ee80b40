import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from common.ids import public_key, uuid7
from common.partitions import register
from tickets.models.conversations import Conversation


class AuthorKind(models.TextChoices):
    """Who speaks."""

    MEMBER = "member", _("Member")
    AGENT = "agent", _("Agent")
    BOT = "bot", _("Bot")
    SYSTEM = "system", pgettext_lazy("author", "System")


class MessageKind(models.TextChoices):
    """What is said."""

    TEXT = "text", _("Text")
    IMAGE = "image", _("Image")
    FILE = "file", _("File")
    STICKER = "sticker", _("Sticker")
    PRODUCT_CARD = "product_card", _("Product card")
    ORDER_CARD = "order_card", _("Order card")
    GOODWILL_CARD = "goodwill_card", _("Offer of a shop")
    SYSTEM = "system", _("Note of the house")


class Message(models.Model):
    """One utterance that the requester sees (消息). Written by the posting statement alone."""

    pk = models.CompositePrimaryKey("conversation_id", "seq")
    # No database constraint: the posting statement holds the conversation's row lock.
    conversation = models.ForeignKey(
        Conversation,
        models.DO_NOTHING,
        related_name="messages",
        db_constraint=False,
        db_index=False,
    )
    seq = models.IntegerField()
    client_id = models.UUIDField(default=uuid.uuid4)
    author_kind = models.CharField(max_length=8, choices=AuthorKind.choices)
    author = models.ForeignKey(
        User, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    author_name = models.CharField(max_length=64, blank=True)
    kind = models.CharField(max_length=16, choices=MessageKind.choices, default=MessageKind.TEXT)
    body = models.TextField(blank=True)
    payload = models.JSONField(null=True)
    sent_at = models.DateTimeField()
    recalled_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            # A retried send is stored once.
            models.UniqueConstraint(
                name="message_client_once", fields=["conversation", "client_id"]
            )
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


register("tickets_message", "conversation_id")


class RecalledMessage(models.Model):
    """What a recalled message said: kept for auditors, shown nowhere else."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation,
        models.PROTECT,
        related_name="recalled_messages",
        verbose_name=_("conversation"),
    )
    seq = models.IntegerField(_("number"))
    kind = models.CharField(_("kind"), max_length=16, choices=MessageKind.choices)
    body = models.TextField(_("text"), blank=True)
    payload = models.JSONField(_("attached"), null=True)
    recalled_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("recalled by")
    )
    recalled_at = models.DateTimeField(_("recalled at"))

    class Meta:
        verbose_name = _("recalled message")
        verbose_name_plural = _("recalled messages")
        constraints = [
            models.UniqueConstraint(name="recalled_once", fields=["conversation", "seq"])
        ]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.seq}"


class Note(models.Model):
    """What staff write to each other inside a conversation (内部备注); the requester never sees it.

    A table of its own, so that no query for messages can return a note and the numbering of
    messages does not betray that notes exist. ``after_seq`` is the message it was written after.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="notes", verbose_name=_("conversation")
    )
    after_seq = models.IntegerField(_("after message"))
    author = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    body = models.TextField(_("text"))
    written_at = models.DateTimeField(_("written at"))

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")

    def __str__(self) -> str:
        return self.body[:40]

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("nte", self.pk)


def attachment_path(attachment: "Attachment", filename: str) -> str:
    """Return where the bytes lie: by id, so that a name never reaches the file system."""
    day = attachment.uploaded_at
    return f"attachments/{day:%Y/%m/%d}/{attachment.pk}"


class Attachment(models.Model):
    """A file sent in a conversation; served only through a permission check."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(
        Conversation, models.PROTECT, related_name="attachments", verbose_name=_("conversation")
    )
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=_("uploaded by")
    )
    uploaded_at = models.DateTimeField(_("uploaded at"))
    name = models.CharField(pgettext_lazy("of a thing", "name"), max_length=200)
    kind = models.CharField(
        _("kind"), max_length=8, choices=[("image", _("Image")), ("file", _("File"))]
    )
    content_type = models.CharField(_("type"), max_length=100)
    size = models.PositiveIntegerField(_("bytes"))
    width = models.PositiveIntegerField(null=True)
    height = models.PositiveIntegerField(null=True)
    sha256 = models.CharField(max_length=64)
    file = models.FileField(upload_to=attachment_path, max_length=200)
    recalled_at = models.DateTimeField(_("recalled at"), null=True, blank=True)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self) -> str:
        return self.name

    @property
    def public_key(self) -> str:
        """The key everybody outside reads."""
        return public_key("att", self.pk)
