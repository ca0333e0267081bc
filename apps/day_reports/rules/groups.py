"""What the kinds of movements of a merchant's balance are to its merchant."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.day_reports.models import MerchantDay
from apps.ledger.rules.postings import DIRECTIONS, TransferKind


class Group(models.TextChoices):
    # Payments, and what of them was pending until now.
    COLLECTED = "collected", pgettext_lazy("money", "collected")
    REFUNDED = "refunded", _("refunded")
    PAID_OUT = "paid_out", _("paid out")
    # With the taxes on them.
    FEES = "fees", _("fees and taxes")
    DISPUTED = "disputed", _("disputed")
    # Held of payments for a time, and given back.
    RESERVED = "reserved", _("kept in reserve")
    SETTLED = "settled", _("settled")
    # By two people, with the evidence.
    CORRECTED = "corrected", _("put right")


_BY_BEGINNING = (
    ("gross", Group.COLLECTED),
    ("released", Group.COLLECTED),
    ("refund_held", Group.REFUNDED),
    ("refund_returned", Group.REFUNDED),
    ("payout_held", Group.PAID_OUT),
    ("payout_returned", Group.PAID_OUT),
    ("batch_", Group.PAID_OUT),
    ("dispute_", Group.DISPUTED),
    ("reserve_", Group.RESERVED),
    ("settle_", Group.SETTLED),
    ("correction_", Group.CORRECTED),
    ("fee", Group.FEES),
    ("payout_fee_", Group.FEES),
    ("payout_tax_", Group.FEES),
    ("refund_fee_", Group.FEES),
    ("refund_tax_", Group.FEES),
    ("collect_", Group.FEES),
)


def _group(kind: TransferKind) -> Group:
    return next(group for beginning, group in _BY_BEGINNING if kind.value.startswith(beginning))


# Every kind that moves what a merchant may ask for; one that has no group stops the start.
GROUPS: Mapping[str, Group] = {kind.value: _group(kind) for kind in DIRECTIONS}


def sum_of(day: MerchantDay, group: Group) -> int:
    """What the movements of a group brought on this day, in minor units."""
    return sum(one["amount"] for one in day.totals if GROUPS[one["kind"]] is group)
