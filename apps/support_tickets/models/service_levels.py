"""How soon is promised: calendars, policies, and the clocks of each ticket."""

from __future__ import annotations

from datetime import time

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import new_id
from apps.merchants.models import Merchant
from apps.support_tickets.models.tickets import Ticket, TicketPriority


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
