from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from apps.core.public_ids import new_id_at
from apps.merchants.models import Merchant
from apps.settlement.models import SettlementTerms
from apps.settlement.rules.check_payee import check_payee
from apps.settlement.rules.contexts import PAYEE_CONTEXT, PAYEE_INDEX
from apps.settlement.rules.payee import Payee
from apps.vault.blind_index import blind_index
from apps.vault.encryption import encrypt


@dataclass(frozen=True, slots=True)
class TermsOrder:
    """`amount_min` in minor units of `currency`; `weekday` 0 is Monday, of a weekly one only."""

    currency: str
    cadence: str
    hour: int
    amount_min: int
    paid_by: str
    payee: Payee
    weekday: int | None = None


def draft_terms(
    *, merchant: Merchant, livemode: bool, order: TermsOrder, created_by: str, now: datetime
) -> SettlementTerms:
    """Terms that hold nothing yet: another person has to approve them.

    Raises:
        SettlementPayeeInvalid.
    """
    check_payee(order.payee, paid_by=order.paid_by)
    terms = SettlementTerms(
        id=new_id_at(now),
        merchant=merchant,
        livemode=livemode,
        currency=order.currency,
        cadence=order.cadence,
        weekday=order.weekday,
        hour=order.hour,
        amount_min=order.amount_min,
        paid_by=order.paid_by,
        payee_index=blind_index(order.payee.key, purpose=PAYEE_INDEX),
        payee_masked=order.payee.masked,
        created_by=created_by,
        created_at=now,
    )
    terms.payee_encrypted = encrypt(order.payee.as_text(), context=PAYEE_CONTEXT, row_id=terms.pk)
    terms.save(force_insert=True)
    return terms
