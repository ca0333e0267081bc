"""What becomes available later: what a rail pays later, and what is kept in reserve."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.public_ids import new_id

# What becomes available at once is released at once.
DAY_OF_ONE = ["available_at", "merchant_id", "provider_account_id", "currency", "livemode"]
OF_MERCHANT = ["merchant_id", "livemode", "currency", "available_at"]


class DayRelease(models.Model):
    """What of one merchant, rail and day became available at once. Booked by one transfer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    merchant_id = models.UUIDField(_("merchant"))
    provider_account_id = models.UUIDField(_("provider account"))
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    # Of how many payments, in minor units.
    amount = models.PositiveBigIntegerField(_("amount"))
    count = models.PositiveIntegerField(_("count"))
    # The instant its amounts waited for.
    available_at = models.DateTimeField(_("available from"))
    created_at = models.DateTimeField(_("created"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.merchant_id}"


class Release(DayRelease):
    """Of what was pending."""

    class Meta:
        verbose_name = _("release")
        verbose_name_plural = _("releases")
        constraints = [
            models.CheckConstraint(name="release_positive", condition=Q(amount__gt=0, count__gt=0)),
        ]


class ReserveRelease(DayRelease):
    """Of what was kept in reserve."""

    class Meta:
        verbose_name = _("release of reserves")
        verbose_name_plural = _("releases of reserves")
        constraints = [
            models.CheckConstraint(
                name="reserve_release_positive", condition=Q(amount__gt=0, count__gt=0)
            ),
        ]


class WaitingAmount(models.Model):
    """What of one payment becomes available later. Never changed: only `release` is set, once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    # The payment.
    source_id = models.UUIDField(_("source"), unique=True)
    merchant_id = models.UUIDField(_("merchant"))
    provider_account_id = models.UUIDField(_("provider account"))
    currency = models.CharField(_("currency"), max_length=3)
    livemode = models.BooleanField(_("live mode"))
    amount = models.PositiveBigIntegerField(_("amount"))
    available_at = models.DateTimeField(_("available from"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} {self.source_id}"


class PendingAmount(WaitingAmount):
    """What is left of one payment after fee, tax and reserve, until the rail pays it."""

    release = models.ForeignKey(
        Release, on_delete=models.PROTECT, null=True, blank=True, related_name="amounts"
    )

    class Meta:
        verbose_name = _("pending amount")
        verbose_name_plural = _("pending amounts")
        constraints = [
            models.CheckConstraint(name="pending_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [
            # What is due, in groups that become one release each.
            models.Index(name="pending_due", fields=DAY_OF_ONE, condition=Q(release__isnull=True)),
            # A merchant's next dates.
            models.Index(
                name="pending_of_merchant",
                fields=OF_MERCHANT,
                include=["amount"],
                condition=Q(release__isnull=True),
            ),
        ]


class ReservedAmount(WaitingAmount):
    """What is kept in reserve of one payment, for as long as was agreed when it was paid."""

    release = models.ForeignKey(
        ReserveRelease, on_delete=models.PROTECT, null=True, blank=True, related_name="amounts"
    )

    class Meta:
        verbose_name = _("reserved amount")
        verbose_name_plural = _("reserved amounts")
        constraints = [
            models.CheckConstraint(name="reserved_positive", condition=Q(amount__gt=0)),
        ]
        indexes = [
            # As of what is pending.
            models.Index(name="reserved_due", fields=DAY_OF_ONE, condition=Q(release__isnull=True)),
            models.Index(
                name="reserved_of_merchant",
                fields=OF_MERCHANT,
                include=["amount"],
                condition=Q(release__isnull=True),
            ),
        ]
