"""Payments unlike those of the same merchant, and failures again and again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Max, Q

from apps.core.alerts import Finding, Parameters
from apps.core.money import Money
from apps.core.public_ids import encode_id, first_id_at
from apps.payments.models import Payment, PaymentStatus

MERCHANTS_MAX = 100
COMPARED = 500
FAILED = (PaymentStatus.FAILED, PaymentStatus.EXPIRED)


def unusual_amount(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """A payment many times as large as the largest of the merchant's last 500 before.

    wanted: times, payments_min, window_s.
    """
    first = first_id_at(now - timedelta(seconds=wanted["window_s"]))
    largest = (
        Payment.objects.filter(_modes(wanted), id__gte=first)
        .order_by()
        .values("merchant_id", "livemode", "currency")
        .annotate(amount=Max("amount"))
        .order_by("-amount")[:MERCHANTS_MAX]
    )
    for row in largest:
        mine = {name: row[name] for name in ("merchant_id", "livemode")}
        before = Payment.objects.filter(**mine, id__lt=first).order_by("-id")
        amounts = [
            amount
            for amount, currency in before.values_list("amount", "currency")[:COMPARED]
            if currency == row["currency"]
        ]
        if len(amounts) < wanted["payments_min"] or row["amount"] < wanted["times"] * max(amounts):
            continue
        merchant = encode_id("mer", row["merchant_id"])
        yield Finding(
            key=f"{merchant}:{row['currency']}",
            facts={
                "merchant": merchant,
                "amount": str(Money(row["amount"], row["currency"])),
                "usual": str(Money(max(amounts), row["currency"])),
            },
        )


def repeated_failures(wanted: Parameters, now: datetime) -> Iterator[Finding]:
    """Of one payer, or almost all of one merchant, in the last minutes.

    wanted: window_s, payer_failures, merchant_failures, share.
    """
    first = first_id_at(now - timedelta(seconds=wanted["window_s"]))
    # Those of which nobody named a number asked nobody.
    asked = ~Q(provider="")
    recent = Payment.objects.filter(_modes(wanted), asked, id__gte=first).order_by()
    failed = Count("id", filter=Q(status__in=FAILED))
    of_payers = (
        recent.values("payer_msisdn_index")
        .annotate(failed=failed)
        .filter(failed__gte=int(wanted["payer_failures"]))
    )
    for row in of_payers.order_by("-failed")[:MERCHANTS_MAX]:
        payments = recent.filter(
            payer_msisdn_index=row["payer_msisdn_index"], status__in=FAILED
        ).order_by("-id")
        payment = payments.values_list("id", flat=True).first()
        if payment is not None:
            # The payment leads to the payer, for whoever may see her number.
            shown = encode_id("pay", payment)
            yield Finding(
                key=f"payer:{bytes(row['payer_msisdn_index']).hex()[:16]}",
                facts={"who": shown, "failed": row["failed"]},
            )
    of_merchants = (
        recent.values("merchant_id")
        .annotate(failed=failed, total=Count("id"))
        .filter(failed__gte=int(wanted["merchant_failures"]))
    )
    for each in of_merchants.order_by("-failed")[:MERCHANTS_MAX]:
        if each["failed"] >= wanted["share"] * each["total"]:
            merchant = encode_id("mer", each["merchant_id"])
            yield Finding(key=merchant, facts={"who": merchant, "failed": each["failed"]})


def _modes(wanted: Parameters) -> Q:
    return Q() if wanted["includes_test"] else Q(livemode=True)
