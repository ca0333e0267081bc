"""Figures by the hour: what reports are read from. All of it can be counted again from the rows it
was counted from (services/rebuild_reports.py), and proves nothing by itself."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id
from apps.merchants.models import Merchant

# Of what has no attempt: as no account has it, grouping need not know of nulls.
NO_ACCOUNT = UUID(int=0)


class Series(models.Model):
    """One combination of everything that figures are told apart by. Never changed."""

    id = models.BigAutoField(primary_key=True)
    livemode = models.BooleanField(_("live mode"))
    merchant_id = models.UUIDField(_("merchant"))
    # collect: payments; refund: refunds; disburse: payouts.
    operation = models.CharField(_("operation"), max_length=12)
    # The connector, and the account: of an owner's figures those of its latest attempt, of an
    # attempt's its own.
    provider = models.CharField(_("provider"), max_length=32)
    provider_account_id = models.UUIDField(_("provider account"), default=NO_ACCOUNT)
    # Of a refund, those of its payment.
    country = models.CharField(_("country"), max_length=2)
    operator = models.CharField(_("operator"), max_length=16)
    method = models.CharField(_("method"), max_length=20)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        constraints = [
            # Led by what the API and the pages ask for.
            models.UniqueConstraint(
                name="report_series_once",
                fields=[
                    *("livemode", "merchant_id", "operation", "provider", "provider_account_id"),
                    *("country", "operator", "method", "currency"),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.provider} {self.country} {self.currency}"


class Figures(models.Model):
    """Sums of payments, refunds or payouts. docs/guides/reports.md has what each means.

    Amounts are minor units of the series' currency. Times are counts by bucket
    (rules/response_times.py): the buckets that have any, rising, and how many each has.
    """

    created = models.BigIntegerField(default=0)
    submitted = models.BigIntegerField(default=0)
    prompted = models.BigIntegerField(default=0)
    succeeded = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    canceled = models.BigIntegerField(default=0)
    verifying = models.BigIntegerField(default=0)
    waiting = models.BigIntegerField(default=0)
    amount_requested = models.BigIntegerField(default=0)
    amount_succeeded = models.BigIntegerField(default=0)
    fees = models.BigIntegerField(default=0)
    attempts = models.BigIntegerField(default=0)
    attempts_succeeded = models.BigIntegerField(default=0)
    attempts_failed = models.BigIntegerField(default=0)
    platform_buckets = ArrayField(models.SmallIntegerField(), default=list)
    platform_counts = ArrayField(models.IntegerField(), default=list)
    provider_buckets = ArrayField(models.SmallIntegerField(), default=list)
    provider_counts = ArrayField(models.IntegerField(), default=list)
    decision_buckets = ArrayField(models.SmallIntegerField(), default=list)
    decision_counts = ArrayField(models.IntegerField(), default=list)

    class Meta:
        abstract = True


class HourCell(Figures):
    """The figures of one series and of what was created in one hour (UTC)."""

    pk = models.CompositePrimaryKey("hour", "series_id")
    hour = models.DateTimeField()
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, db_index=False, related_name="+", db_constraint=False
    )
    # What providers take of those that succeeded, by the contract that held when each was created.
    # Null: counted by the release before, and not yet again.
    costs = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            # A merchant's own figures: few series, over any time.
            models.Index(name="report_cell_of_series", fields=["series", "hour"]),
            # What is to be counted again: soon none.
            models.Index(
                name="report_cell_without_costs",
                fields=["hour"],
                condition=Q(costs__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} h {self.series_id}"


class FailureCell(models.Model):
    """How many of a series, created in one hour, did not succeed for one reason."""

    pk = models.CompositePrimaryKey("hour", "series_id", "failure_code")
    hour = models.DateTimeField()
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, db_index=False, related_name="+", db_constraint=False
    )
    failure_code = models.CharField(max_length=40)
    count = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(name="report_failure_of_series", fields=["series", "hour"]),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} h {self.failure_code} {self.count}"


class DisputeCell(models.Model):
    """The disputes of payments of one series (operation "collect") that were opened in one hour,
    for one reason. docs/guides/reports.md has what each figure means.

    Times to answer are counts by bucket as in Figures, of seconds instead of milliseconds.
    """

    pk = models.CompositePrimaryKey("hour", "series_id", "reason")
    hour = models.DateTimeField()
    series = models.ForeignKey(
        Series, on_delete=models.PROTECT, db_index=False, related_name="+", db_constraint=False
    )
    reason = models.CharField(max_length=24)
    opened = models.BigIntegerField()
    open = models.BigIntegerField()
    won = models.BigIntegerField()
    lost = models.BigIntegerField()
    partly_lost = models.BigIntegerField()
    withdrawn = models.BigIntegerField()
    amount_disputed = models.BigIntegerField()
    amount_lost = models.BigIntegerField()
    answered = models.BigIntegerField()
    answer_buckets = ArrayField(models.SmallIntegerField(), default=list)
    answer_counts = ArrayField(models.IntegerField(), default=list)

    class Meta:
        indexes = [
            models.Index(name="report_dispute_of_series", fields=["series", "hour"]),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} h {self.reason} {self.opened}"


class ReportedHour(models.Model):
    """An hour something was created in: when it was counted, and whether that is out of date."""

    hour = models.DateTimeField(primary_key=True)
    # Null: never.
    counted_at = models.DateTimeField(null=True)
    # Since when it may be out of date: something of it has changed. Null: it is counted as it is.
    changed_at = models.DateTimeField(null=True)
    # A digest of the attempts that were open when it was counted, and of how far each had come.
    open_attempts = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [
            models.Index(
                name="report_hour_changed",
                fields=["hour"],
                condition=Q(changed_at__isnull=False),
            ),
            models.Index(name="report_hour_open", fields=["hour"], condition=~Q(open_attempts=0)),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} h"


class ReportWatermark(models.Model):
    """One row. Events of transactions before `transaction_id` are in `ReportedHour`.

    Whoever marks or counts holds it: one at a time.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    # As in the feed (docs/adr/0009): below it everything was committed, and seen.
    transaction_id = models.BigIntegerField(null=True)
    # When the events were looked at last.
    looked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.transaction_id)


class StaffScope(models.Model):
    """Which figures a role shows, and which rows of the admin: those of these countries and of
    these merchants; of all of them where none is named. A person whose roles have no such row sees
    everything; with several rows, what any of them shows. config/staff_visibility.py says where
    each list has its country and its merchant.
    """

    group = models.OneToOneField(
        Group, on_delete=models.CASCADE, related_name="report_scope", verbose_name=_("role")
    )
    countries = ArrayField(
        models.CharField(max_length=2), verbose_name=_("countries"), default=list, blank=True
    )
    merchants = models.ManyToManyField(
        Merchant, verbose_name=_("merchants"), related_name="+", blank=True
    )

    class Meta:
        verbose_name = _("what a role shows")
        verbose_name_plural = _("what roles show")

    def __str__(self) -> str:
        return str(self.group)


class ReportSchedule(models.Model):
    """A report that a member of staff is sent by e-mail, of what she may see when it is sent."""

    class Cadence(models.TextChoices):
        DAILY = "daily", _("daily")
        WEEKLY = "weekly", _("weekly, on Monday")
        MONTHLY = "monthly", _("monthly, on the first")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("person"),
    )
    cadence = models.CharField(_("how often"), max_length=8, choices=Cadence.choices)
    hour = models.PositiveSmallIntegerField(
        _("hour of the day"), default=7, validators=[MaxValueValidator(23)]
    )
    timezone = models.CharField(_("time zone"), max_length=40, default="Africa/Dakar")
    language = models.CharField(
        _("language"),
        max_length=2,
        choices=[("fr", _("French")), ("en", _("English"))],
        default="fr",
    )
    livemode = models.BooleanField(_("live mode"), default=True)
    country = models.CharField(_("country"), max_length=2, default="", blank=True)
    provider = models.CharField(_("provider"), max_length=32, default="", blank=True)
    # The one after the last that was promised.
    next_at = models.DateTimeField(_("next"), editable=False)

    class Meta:
        verbose_name = _("report by e-mail")
        verbose_name_plural = _("reports by e-mail")
        indexes = [models.Index(name="report_schedule_due", fields=["next_at"])]

    def __str__(self) -> str:
        return f"{self.user} {self.get_cadence_display()}"
