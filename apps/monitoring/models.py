"""Counts of what rails do, the rules that judge them, incidents, and who was told."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.core.public_ids import encode_id, new_id


class Severity(models.TextChoices):
    """`warning` is for working hours, `critical` wakes somebody."""

    WARNING = "warning", _("warning")
    CRITICAL = "critical", _("critical")


class RailCounts(models.Model):
    """What one provider account did in one operation, by when each thing happened.

    `failed_*`: whose the reason is (rules/failure_side.py). `responses`: how many orders had their
    first answer within each bound of rules/response_times.py, and later than the last.
    """

    provider_account_id = models.UUIDField()
    operation = models.CharField(max_length=12)
    sent = models.IntegerField(default=0)
    # First replies to orders; not those after which nobody knows.
    answered = models.IntegerField(default=0)
    succeeded = models.IntegerField(default=0)
    failed_payer = models.IntegerField(default=0)
    failed_rail = models.IntegerField(default=0)
    failed_ours = models.IntegerField(default=0)
    unknown = models.IntegerField(default=0)
    responses = ArrayField(models.IntegerField())

    class Meta:
        abstract = True


class RailMinute(RailCounts):
    """Counted from the history of attempts, and counted again while anything may still be added."""

    pk = models.CompositePrimaryKey("provider_account_id", "operation", "minute")
    minute = models.DateTimeField()

    class Meta:
        indexes = [
            # The last minutes of all rails, and the old ones to delete.
            models.Index(name="rail_minute_by_time", fields=["minute"]),
        ]

    def __str__(self) -> str:
        return f"{self.provider_account_id} {self.operation} {self.minute:%Y-%m-%d %H:%M}"


class RailDay(RailCounts):
    """A day in UTC, the sum of its minutes, which are deleted sooner."""

    pk = models.CompositePrimaryKey("provider_account_id", "operation", "day")
    day = models.DateField()

    def __str__(self) -> str:
        return f"{self.provider_account_id} {self.operation} {self.day}"


class Watch(models.Model):
    """One row: how far has been counted, and who is looking just now.

    All that was committed before `counted_until` stands in the minutes, and before `summed_until`
    in the days. `seen_transaction` is the
    next transaction there was at `seen_at`: once none older runs, what was made before is complete.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_until = models.DateTimeField()
    summed_until = models.DateTimeField()
    seen_transaction = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()
    leased_until = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="watch_is_one", condition=Q(id=1))]

    def looked_at(self, *, now: datetime) -> datetime:
        """When somebody looked last. While the counting waits for an old transaction, the looking
        goes on."""
        return min(self.leased_until, now)

    def __str__(self) -> str:
        return f"counted until {self.counted_until}"


class BookCheck(models.Model):
    """One run of the check of the books. `examples`: broken invariants, and ids of rows."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    is_whole = models.BooleanField()
    violations = models.IntegerField()
    examples = models.JSONField(default=list)
    checked_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(name="book_check_newest", fields=["is_whole", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.checked_at} {self.violations}"


class AlertChannel(models.Model):
    """Where people are told: an address in the form of Apprise, encrypted, for it holds secrets."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("name"), max_length=60, unique=True)
    # What kind it is, for lists: the address's scheme.
    kind = models.CharField(_("kind"), max_length=20, editable=False)
    address_encrypted = models.BinaryField()
    language = models.CharField(
        _("language"), max_length=2, choices=settings.LANGUAGES, default="fr"
    )
    severity_min = models.CharField(
        _("from severity"), max_length=8, choices=Severity.choices, default=Severity.WARNING
    )
    # Told only of what nobody took for too long.
    is_escalation = models.BooleanField(_("only when escalated"), default=False)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"))
    # What the last message met: "" when it was taken.
    last_error = models.CharField(_("last error"), max_length=200, default="", blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert channel")
        verbose_name_plural = _("alert channels")

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """How one source of config/alert_sources.py is judged; made with its defaults, edited by staff.

    Without channels it goes to all.
    """

    code = models.CharField(_("code"), max_length=40, primary_key=True)
    is_enabled = models.BooleanField(_("enabled"), default=True)
    # Simulators and test mode too.
    includes_test = models.BooleanField(_("test mode too"), default=False)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    for_s = models.PositiveIntegerField(_("found for, seconds, before it is told"), default=0)
    clear_s = models.PositiveIntegerField(_("over after, seconds"), default=300)
    remind_every_s = models.PositiveIntegerField(_("reminded every, seconds"), default=1800)
    escalate_after_s = models.PositiveIntegerField(
        _("escalated after, seconds, if nobody takes it"), default=900
    )
    channels = models.ManyToManyField(AlertChannel, verbose_name=_("channels"), blank=True)
    last_run_at = models.DateTimeField(_("last run"), null=True, blank=True)
    # Why its source could not say anything the last time.
    last_error = models.CharField(_("last error"), max_length=200, default="", blank=True)

    class Meta:
        verbose_name = _("alert rule")
        verbose_name_plural = _("alert rules")

    def __str__(self) -> str:
        return self.code


class Incident(models.Model):
    """What is wrong, from the first look to the last: whatever has one cause is one incident.

    `parts` are its findings, by rule and key. Before `opened_at` it is a suspicion, which nobody is
    told of.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key = models.CharField(_("about"), max_length=200)
    # The rule of its first finding: whose runbook is read.
    rule = models.CharField(_("rule"), max_length=40)
    severity = models.CharField(_("severity"), max_length=8, choices=Severity.choices)
    parts = models.JSONField(default=dict)
    # What it was, when it is over.
    facts = models.JSONField(default=dict)
    rails = ArrayField(models.CharField(max_length=64), default=list)
    first_seen_at = models.DateTimeField(pgettext_lazy("incident", "first seen"))
    last_seen_at = models.DateTimeField(pgettext_lazy("incident", "last seen"))
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(
        pgettext_lazy("incident", "taken"), null=True, blank=True
    )
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("taken by"),
    )
    silenced_until = models.DateTimeField(_("silenced until"), null=True, blank=True)
    escalated_at = models.DateTimeField(_("escalated"), null=True, blank=True)
    reminders = models.PositiveIntegerField(default=0)
    remind_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(_("over"), null=True, blank=True)
    post_mortem = models.TextField(_("post-mortem"), max_length=20_000, default="", blank=True)
    # Entries of its timeline so far.
    sequence = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            # Whoever looks at the same time opens it once.
            models.UniqueConstraint(
                name="incident_open_once", fields=["key"], condition=Q(resolved_at__isnull=True)
            ),
        ]
        indexes = [
            # Those of the public status page, and of a rail.
            models.Index(name="incident_by_end", fields=["resolved_at"]),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("inc", self.pk)

    def __str__(self) -> str:
        return self.public_id


class IncidentEntry(models.Model):
    """One line of an incident's timeline, numbered from 1."""

    class Kind(models.TextChoices):
        OPENED = "opened", _("opened")
        JOINED = "joined", _("found besides")
        LEFT = "left", _("no longer found")
        RAISED = "raised", _("more severe")
        TAKEN = "taken", pgettext_lazy("incident", "taken")
        SILENCED = "silenced", _("silenced")
        ESCALATED = "escalated", _("escalated")
        REMINDED = "reminded", _("reminded")
        NOTE = "note", _("note")
        RESOLVED = "resolved", _("over")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=12, choices=Kind.choices)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
    )
    # The rule of what joined or left, and its facts.
    rule = models.CharField(max_length=40, default="")
    facts = models.JSONField(default=dict)
    text = models.CharField(max_length=500, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="incident_entry_sequence", fields=["incident", "sequence"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.sequence} {self.kind}"


class Notification(models.Model):
    """One message of one step of an incident to one channel."""

    class Status(models.TextChoices):
        PENDING = "pending", _("pending")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # notification_once begins with it.
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    channel = models.ForeignKey(
        AlertChannel, on_delete=models.PROTECT, related_name="notifications", db_index=False
    )
    # "opened", "raised:critical", "reminded:1", "escalated", "resolved".
    step = models.CharField(_("step"), max_length=24)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.PENDING
    )
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    last_error = models.CharField(_("last error"), max_length=200, default="", blank=True)
    created_at = models.DateTimeField(_("created"))
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("alert that was sent")
        verbose_name_plural = _("alerts that were sent")
        constraints = [
            # Nobody is told the same step twice.
            models.UniqueConstraint(
                name="notification_once", fields=["incident", "channel", "step"]
            ),
        ]

    @property
    def step_shown(self) -> str:
        """The step in the reader's language."""
        name, _separator, number = self.step.partition(":")
        word = str(IncidentEntry.Kind(name).label)
        return f"{word} {number}" if number.isdigit() else word

    def __str__(self) -> str:
        return f"{self.step_shown}, {self.get_status_display()}"
