"""What is written and done about a ticket: messages, attachments, history, canned answers."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import encode_id, new_id
from apps.support_tickets.models.tickets import AuthorKind, Channel, Ticket, TicketCategory
from apps.vault.models import KeptFile


class TicketMessage(models.Model):
    """What somebody wrote in a ticket: to the other side, or a note among staff."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, db_index=False, related_name="messages"
    )
    author_kind = models.CharField(_("author"), max_length=12, choices=AuthorKind.choices)
    # As the audit trail names it: "user:7", "secret_key:key_…", "payer:pay_…".
    actor = models.CharField(max_length=80)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices)
    # Seen by staff alone.
    is_internal = models.BooleanField(_("internal note"), default=False)
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    body_encrypted = models.BinaryField()
    # The Message-ID of an e-mail: the same e-mail twice is one message.
    message_id = models.CharField(max_length=255, default="", blank=True)
    created_at = models.DateTimeField(_("written"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            models.UniqueConstraint(
                name="ticket_message_of_email_once",
                fields=["message_id"],
                condition=~Q(message_id=""),
            ),
        ]
        indexes = [models.Index(name="ticket_messages_in_order", fields=["ticket", "id"])]

    @property
    def public_id(self) -> str:
        return encode_id("tim", self.pk)

    def __str__(self) -> str:
        return self.public_id


class TicketAttachment(KeptFile):
    """A file that came with a ticket."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, db_index=False, related_name="attachments"
    )
    message = models.ForeignKey(
        TicketMessage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="attachments",
    )
    author_kind = models.CharField(_("author"), max_length=12, choices=AuthorKind.choices)
    actor = models.CharField(max_length=80)
    is_internal = models.BooleanField(_("internal"), default=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = [
            # The same file twice is one.
            models.UniqueConstraint(
                name="ticket_attachment_once", fields=["ticket", "sha256", "is_internal"]
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("tia", self.pk)

    def __str__(self) -> str:
        return self.public_id


class TicketEvent(models.Model):
    """One step of a ticket's history. `kind` is a word of rules.event_kinds."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, db_index=False, related_name="events"
    )
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=24)
    author_kind = models.CharField(_("author"), max_length=12, choices=AuthorKind.choices)
    actor = models.CharField(max_length=80)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    # What changed: words and ids, nothing about a person.
    data = models.JSONField(default=dict, blank=True)
    message = models.ForeignKey(
        TicketMessage,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")
        constraints = [
            models.UniqueConstraint(name="ticket_event_number", fields=["ticket", "number"]),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class CannedAnswer(models.Model):
    """An answer that is often given, in both languages."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    # Blank: for any.
    category = models.CharField(
        _("category"), max_length=24, choices=TicketCategory.choices, default="", blank=True
    )
    title_fr = models.CharField(_("title in French"), max_length=80)
    title_en = models.CharField(_("title in English"), max_length=80)
    body_fr = models.TextField(_("text in French"), max_length=4_000)
    body_en = models.TextField(_("text in English"), max_length=4_000)
    is_active = models.BooleanField(_("offered"), default=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("canned answer")
        verbose_name_plural = _("canned answers")

    def title(self, language: str) -> str:
        return self.title_fr if language == "fr" else self.title_en

    def body(self, language: str) -> str:
        return self.body_fr if language == "fr" else self.body_en

    def __str__(self) -> str:
        return self.code
