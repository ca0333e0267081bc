"""What a merchant's balance did on each day, summed once the day is over."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id, new_id
from apps.core.work.counted_failures import CountsFailures
from apps.merchants.models import Merchant

CURRENCIES = [(code, code) for code in sorted(EXPONENTS)]


class DayCycle(CountsFailures):
    """Which day of a merchant, mode and currency is summed next. It is its own queue."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), db_index=False
    )
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    # What the balance is of.
    account_id = models.UUIDField(unique=True)
    # Of the merchant's zone.
    next_day = models.DateField(_("next day"))
    due_at = models.DateTimeField(_("next"), null=True, blank=True)

    class Meta:
        verbose_name = _("cycle of day reports")
        verbose_name_plural = _("cycles of day reports")
        constraints = [
            models.UniqueConstraint(
                name="day_cycle_once", fields=["merchant", "livemode", "currency"]
            ),
        ]
        indexes = [
            models.Index(
                name="day_cycle_due", fields=["due_at"], condition=Q(due_at__isnull=False)
            ),
            # What the alert looks for.
            models.Index(
                name="day_cycle_failing",
                fields=["failing_since"],
                condition=Q(failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.merchant_id} {self.currency}"


class MerchantDay(models.Model):
    """What moved a merchant's balance on one day of its zone: one version, never changed.

    The day has every transfer made from `begins_at` to before `ends_at` whose transaction is before
    `horizon`. One that is committed later makes a new version of its day, and of all days after
    it. Amounts are minor units of `currency`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, verbose_name=_("merchant"), db_index=False
    )
    livemode = models.BooleanField(_("live mode"))
    currency = models.CharField(_("currency"), max_length=3, choices=CURRENCIES)
    account_id = models.UUIDField()
    day = models.DateField(_("day"))
    version = models.PositiveIntegerField(_("version"))
    timezone = models.CharField(_("time zone"), max_length=40)
    begins_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("to"))
    horizon = models.BigIntegerField()
    opening_balance = models.BigIntegerField(_("opening balance"))
    closing_balance = models.BigIntegerField(_("closing balance"))
    line_count = models.PositiveBigIntegerField(_("lines"))
    # [{"rail": …, "kind": …, "count": …, "amount": …}]: a connector's code, or "" where no
    # provider moved it; what the lines of that kind bring together.
    totals = models.JSONField(_("totals"), default=list)
    created_at = models.DateTimeField(_("summed"))
    superseded_at = models.DateTimeField(_("corrected"), null=True, blank=True)

    class Meta:
        verbose_name = _("day of a merchant")
        verbose_name_plural = _("days of merchants")
        constraints = [
            models.UniqueConstraint(
                name="merchant_day_version",
                fields=["merchant", "livemode", "currency", "day", "version"],
            ),
            # One of them holds.
            models.UniqueConstraint(
                name="merchant_day_holds_once",
                fields=["merchant", "livemode", "currency", "day"],
                condition=Q(superseded_at__isnull=True),
            ),
            models.CheckConstraint(
                name="merchant_day_has_time", condition=Q(begins_at__lt=F("ends_at"))
            ),
        ]
        indexes = [
            # A merchant's list, newest first.
            models.Index(
                name="merchant_day_list",
                fields=["merchant", "livemode", "-id"],
                condition=Q(superseded_at__isnull=True),
            ),
        ]

    @property
    def public_id(self) -> str:
        return encode_id("day", self.pk)

    @property
    def net(self) -> int:
        return self.closing_balance - self.opening_balance

    def __str__(self) -> str:
        return self.public_id
