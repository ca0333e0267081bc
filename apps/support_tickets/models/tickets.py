"""Tickets, their words and their links."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id
from apps.merchants.models import Merchant


class RequesterKind(models.TextChoices):
    """Who wants something."""

    MERCHANT = "merchant", _("merchant")
    PAYER = "payer", _("payer")
    # Colleagues among themselves.
    STAFF = "staff", _("staff")


class AuthorKind(models.TextChoices):
    """Who wrote something, or did it."""

    MERCHANT = "merchant", _("merchant")
    PAYER = "payer", _("payer")
    STAFF = "staff", _("staff")
    SYSTEM = "system", _("system")


class Channel(models.TextChoices):
    """By which door something came."""

    API = "api", _("API")
    PAGE = "page", _("payer’s page")
    ADMIN = "admin", _("administration")
    EMAIL = "email", _("e-mail")


class TicketCategory(models.TextChoices):
    """What is complained of, in the payer's words."""

    DEBITED_NOT_CONFIRMED = "debited_not_confirmed", _("debited, not confirmed")
    PAID_TWICE = "paid_twice", _("paid twice")
    WRONG_NUMBER = "wrong_number", _("wrong number")
    FAILED_AND_DEBITED = "failed_and_debited", _("failed and debited")
    REFUND_NOT_ARRIVED = "refund_not_arrived", _("refund not arrived")
    WEBHOOK_NOT_RECEIVED = "webhook_not_received", _("webhook not received")
    NO_PROMPT = "no_prompt", _("no prompt on the phone")
    OTHER = "other", pgettext_lazy("category of a ticket", "other")


class TicketPriority(models.TextChoices):
    LOW = "low", pgettext_lazy("priority", "low")
    NORMAL = "normal", pgettext_lazy("priority", "normal")
    HIGH = "high", pgettext_lazy("priority", "high")
    CRITICAL = "critical", pgettext_lazy("priority", "critical")


class TicketStatus(models.TextChoices):
    # Nobody has looked at it.
    NEW = "new", pgettext_lazy("status of a ticket", "new")
    # It is our turn.
    OPEN = "open", pgettext_lazy("status of a ticket", "open")
    WAITING_FOR_MERCHANT = "waiting_for_merchant", _("waiting for the merchant")
    WAITING_FOR_PAYER = "waiting_for_payer", _("waiting for the payer")
    WAITING_FOR_PROVIDER = "waiting_for_provider", _("waiting for the provider")
    # We think it is done; the customer may say otherwise.
    RESOLVED = "resolved", pgettext_lazy("status of a ticket", "resolved")
    CLOSED = "closed", pgettext_lazy("status of a ticket", "closed")


# What is over, as far as we know.
DONE = (TicketStatus.RESOLVED, TicketStatus.CLOSED)


class Team(models.Model):
    """Who takes care of some tickets together."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    # Where the team is told what it must not miss.
    email = models.EmailField(_("e-mail"), blank=True, default="")
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("team")
        verbose_name_plural = _("teams")

    @property
    def public_id(self) -> str:
        return encode_id("team", self.pk)

    def __str__(self) -> str:
        return self.name


class Ticket(models.Model):
    """What one customer complains of, until it is done.

    `status` changes only through transitions.move. What was written is encrypted: `rules.texts`
    reads it. `about_type` and `about_id` name what it is about, of config/ticket_subjects.py.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # What people say on the telephone. The database counts: the column is an identity (0001).
    number = models.BigIntegerField(_("number"), unique=True, editable=False, db_default=0)
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("merchant"),
    )
    livemode = models.BooleanField(_("live mode"))
    requester_kind = models.CharField(_("requester"), max_length=12, choices=RequesterKind.choices)
    # An e-mail address or a telephone number by which the requester can be reached.
    contact_encrypted = models.BinaryField(default=b"", blank=True)
    contact_index = models.BinaryField(max_length=32, default=b"", blank=True)
    contact_masked = models.CharField(_("contact"), max_length=80, default="", blank=True)
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES)
    subject_encrypted = models.BinaryField()
    category = models.CharField(_("category"), max_length=24, choices=TicketCategory.choices)
    priority = models.CharField(_("priority"), max_length=12, choices=TicketPriority.choices)
    status = models.CharField(_("status"), max_length=24, choices=TicketStatus.choices)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )
    team = models.ForeignKey(
        Team,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("team"),
    )
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    about_type = models.CharField(_("about"), max_length=16, default="", blank=True)
    about_id = models.UUIDField(null=True, blank=True)
    csat_score = models.PositiveSmallIntegerField(_("rating"), null=True, blank=True)
    csat_comment_encrypted = models.BinaryField(default=b"", blank=True)
    rated_at = models.DateTimeField(_("rated"), null=True, blank=True)
    # Where the conversation goes on.
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("merged into"),
    )
    # Its history so far: the next event is sequence + 1. Who saw this number saw the ticket as it
    # was then.
    sequence = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(_("created"))
    updated_at = models.DateTimeField(_("updated"))
    # Since when the customer waits for an answer; null when nobody waits for one.
    unanswered_since = models.DateTimeField(_("unanswered since"), null=True, blank=True)
    first_answered_at = models.DateTimeField(_("first answered"), null=True, blank=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        permissions = [("reveal_ticket", "Can see how a requester is reached")]
        constraints = [
            models.CheckConstraint(
                name="ticket_rating_1_to_5",
                condition=Q(csat_score__isnull=True) | Q(csat_score__range=(1, 5)),
            ),
            models.CheckConstraint(
                name="ticket_about_both_or_neither",
                condition=Q(about_type="", about_id=None)
                | (~Q(about_type="") & Q(about_id__isnull=False)),
            ),
            models.CheckConstraint(
                name="ticket_not_merged_into_itself",
                condition=Q(merged_into__isnull=True) | ~Q(merged_into=F("id")),
            ),
            models.CheckConstraint(
                name="ticket_merged_is_closed",
                condition=Q(merged_into__isnull=True) | Q(status=TicketStatus.CLOSED),
            ),
            # A payer who writes again adds a message.
            models.UniqueConstraint(
                name="ticket_of_payer_once",
                fields=["about_type", "about_id"],
                condition=Q(requester_kind=RequesterKind.PAYER) & ~Q(status__in=DONE),
            ),
        ]
        indexes = [
            # A merchant's own list, newest first; of one status.
            models.Index(
                name="ticket_by_merchant", fields=["merchant", "livemode", "requester_kind", "id"]
            ),
            models.Index(
                name="ticket_by_status",
                fields=["merchant", "livemode", "requester_kind", "status", "id"],
            ),
            # The desk's queue: few of many are not done.
            models.Index(name="ticket_not_done", fields=["id"], condition=~Q(status__in=DONE)),
            models.Index(
                name="ticket_of_assignee",
                fields=["assignee", "id"],
                condition=~Q(status__in=DONE),
            ),
            # What the desk filters by, done or not, newest first: the few of many as well.
            models.Index(name="desk_by_status", fields=["status", "id"]),
            models.Index(name="desk_by_priority", fields=["priority", "id"]),
            models.Index(name="desk_by_category", fields=["category", "id"]),
            models.Index(name="desk_by_requester", fields=["requester_kind", "id"]),
            models.Index(
                name="desk_by_team", fields=["team", "id"], condition=Q(team__isnull=False)
            ),
            # All tickets about one payment.
            models.Index(
                name="ticket_about",
                fields=["about_type", "about_id", "id"],
                condition=~Q(about_type=""),
            ),
            # Who calls again.
            models.Index(
                name="ticket_of_contact",
                fields=["contact_index", "id"],
                condition=~Q(contact_index=b""),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("tic", self.pk)

    @property
    def shown_number(self) -> str:
        return f"T-{self.number:06d}"

    @property
    def is_done(self) -> bool:
        return self.status in DONE

    def asked_again(self) -> models.QuerySet[Ticket]:
        """What the same payer asks about the same in another ticket: one at most, not done."""
        if self.requester_kind != RequesterKind.PAYER or self.about_id is None:
            return Ticket.objects.none()
        alike = Ticket.objects.filter(
            requester_kind=self.requester_kind, about_type=self.about_type, about_id=self.about_id
        )
        return alike.exclude(status__in=DONE).exclude(pk=self.pk)

    def __str__(self) -> str:
        return self.shown_number


class TicketLink(models.Model):
    """Two tickets that have to do with each other."""

    class Kind(models.TextChoices):
        RELATED = "related", _("related")
        DUPLICATE = "duplicate", _("duplicate")
        # The customer came back when the first one was closed.
        FOLLOW_UP = "follow_up", _("follow-up")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, db_index=False, related_name="links"
    )
    other = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="linked_from")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    actor = models.CharField(max_length=80)
    created_at = models.DateTimeField(_("linked"))

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        constraints = [
            models.UniqueConstraint(name="ticket_link_once", fields=["ticket", "other"]),
            models.CheckConstraint(name="ticket_link_to_another", condition=~Q(ticket=F("other"))),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.other_id}"
