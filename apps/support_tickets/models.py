"""Support tickets: what a customer complains of, what was said about it, and what was done."""

from __future__ import annotations

from datetime import time

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
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
            models.Index(
                name="ticket_of_team", fields=["team", "id"], condition=~Q(status__in=DONE)
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


class TicketAttachment(models.Model):
    """A file that came with a ticket. `media_type` is what its content is, whatever it was called.

    `content_encrypted` is large: lists leave it out.
    """

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
    name_encrypted = models.BinaryField()
    media_type = models.CharField(_("type"), max_length=40)
    size = models.PositiveIntegerField(_("size"))
    sha256 = models.BinaryField(max_length=32)
    content_encrypted = models.BinaryField()
    created_at = models.DateTimeField(_("added"))

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


class BusinessCalendar(models.Model):
    """When a desk is open. `rules.business_hours` says how its rows are read."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    zone = models.CharField(_("time zone"), max_length=40)
    # Whose public holidays are closed; blank for none.
    country = models.CharField(_("holidays of"), max_length=2, default="", blank=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")

    def __str__(self) -> str:
        return self.name


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class CalendarHours(models.Model):
    """From when to when a calendar is open on one day of the week; lunch parts two of them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, db_index=False, related_name="hours"
    )
    weekday = models.PositiveSmallIntegerField(_("day"), choices=Weekday.choices)
    opens = models.TimeField(_("opens"))
    # Midnight is the end of the day.
    closes = models.TimeField(_("closes"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        constraints = [
            models.UniqueConstraint(
                name="calendar_hours_once", fields=["calendar", "weekday", "opens"]
            ),
            models.CheckConstraint(
                name="calendar_hours_in_order",
                condition=Q(opens__lt=F("closes")) | Q(closes=time(0)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class CalendarDay(models.Model):
    """A day that goes before week and holidays: closed without hours, else open from when to when.
    A day of several rows is open in each of them."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.CASCADE, db_index=False, related_name="days"
    )
    day = models.DateField(_("day"))
    opens = models.TimeField(_("opens"), null=True, blank=True)
    closes = models.TimeField(_("closes"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=80, default="", blank=True)

    class Meta:
        verbose_name = _("special day")
        verbose_name_plural = _("special days")
        constraints = [
            models.UniqueConstraint(
                name="calendar_day_once", fields=["calendar", "day", "opens"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="calendar_day_closed_or_in_order",
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__isnull=False, closes__isnull=False)
                & (Q(opens__lt=F("closes")) | Q(closes=time(0))),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.reason}"


class SlaPolicy(models.Model):
    """How soon tickets of one priority are answered and resolved: a merchant's own, or all others'.

    Minutes count as the calendar is open; without one around the clock.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # Null: of every merchant without one of its own.
    merchant = models.ForeignKey(
        Merchant,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        verbose_name=_("merchant"),
    )
    priority = models.CharField(_("priority"), max_length=12, choices=TicketPriority.choices)
    first_answer_minutes = models.PositiveIntegerField(_("first answer within (minutes)"))
    resolution_minutes = models.PositiveIntegerField(_("resolved within (minutes)"))
    calendar = models.ForeignKey(
        BusinessCalendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("calendar"),
        help_text=_("None: around the clock."),
    )
    # Of the time that is used up.
    warning_percent = models.PositiveSmallIntegerField(
        _("warns after (%)"),
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(99)],
    )
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("service level")
        verbose_name_plural = _("service levels")
        constraints = [
            models.UniqueConstraint(
                name="sla_policy_once", fields=["merchant", "priority"], nulls_distinct=False
            ),
            models.CheckConstraint(
                name="sla_policy_minutes",
                condition=Q(first_answer_minutes__gt=0, resolution_minutes__gt=0),
            ),
            models.CheckConstraint(
                name="sla_policy_warning", condition=Q(warning_percent__range=(1, 99))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant or '*'} {self.priority}"


class ClockKind(models.TextChoices):
    FIRST_ANSWER = "first_answer", _("first answer")
    RESOLUTION = "resolution", _("resolution")


class ClockState(models.TextChoices):
    RUNNING = "running", _("running")
    # It stands while we wait for somebody else.
    PAUSED = "paused", pgettext_lazy("feminine", "paused")
    MET = "met", pgettext_lazy("feminine", "met")
    BREACHED = "breached", pgettext_lazy("feminine", "breached")


class TicketClock(models.Model):
    """How much of a promised time one ticket has used. The service keep_clocks sets it.

    What was promised is kept as it was then. `elapsed_s` counts up to `changed_at`; from there on
    it grows while `is_running` and the calendar, if any, is open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ticket = models.ForeignKey(
        Ticket, on_delete=models.PROTECT, db_index=False, related_name="clocks"
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ClockKind.choices)
    state = models.CharField(_("state"), max_length=12, choices=ClockState.choices)
    # The policy as it was.
    priority = models.CharField(_("priority"), max_length=12, choices=TicketPriority.choices)
    target_minutes = models.PositiveIntegerField(_("promised (minutes)"))
    warning_percent = models.PositiveSmallIntegerField()
    calendar = models.ForeignKey(
        BusinessCalendar, on_delete=models.PROTECT, null=True, db_index=False, related_name="+"
    )
    is_running = models.BooleanField(_("running"))
    elapsed_s = models.PositiveIntegerField(_("used (seconds)"), default=0)
    changed_at = models.DateTimeField()
    # When the time is used up, going on as now; null while it stands.
    due_at = models.DateTimeField(_("due"), null=True)
    # When to warn, or to say that it is broken; null when there is nothing left to say.
    next_look_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(_("warned"), null=True)
    breached_at = models.DateTimeField(_("breached"), null=True)
    # When what was promised was done, in time or not.
    ended_at = models.DateTimeField(_("ended"), null=True)
    created_at = models.DateTimeField(_("created"))

    class Meta:
        verbose_name = _("clock")
        verbose_name_plural = _("clocks")
        constraints = [
            models.UniqueConstraint(name="ticket_clock_once", fields=["ticket", "kind"]),
            # Nothing is told of a clock that stands or is broken already.
            models.CheckConstraint(
                name="ticket_clock_looked_at_while_running",
                condition=Q(next_look_at__isnull=True) | Q(state="running", is_running=True),
            ),
            models.CheckConstraint(
                name="ticket_clock_breached_says_when",
                condition=Q(state="breached", breached_at__isnull=False)
                | ~Q(state="breached") & Q(breached_at__isnull=True),
            ),
        ]
        indexes = [
            # Its queue: what has to be said next.
            models.Index(
                name="ticket_clock_due",
                fields=["next_look_at"],
                condition=Q(next_look_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind} {self.state}"
