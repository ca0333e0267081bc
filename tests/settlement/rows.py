"""Settlements as rows, where how they came to be is not the question."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from apps.core.public_ids import new_id, new_id_at
from apps.settlement.models import (
    BankFile,
    Settlement,
    SettlementCycle,
    SettlementLine,
    SettlementTerms,
)
from apps.settlement.rules.contexts import FILE_CONTEXT
from apps.settlement.rules.payee import Payee
from apps.settlement.services.draft_terms import TermsOrder, draft_terms
from apps.vault.encryption import encrypt

WALLET = Payee(phone="+237677000003")


def new_terms(merchant: Any, *, livemode: bool = False, now: datetime) -> SettlementTerms:
    """Terms in force, and their cycle."""
    order = TermsOrder(
        currency="XAF", cadence="daily", hour=6, amount_min=1, paid_by="payout", payee=WALLET
    )
    terms = draft_terms(
        merchant=merchant, livemode=livemode, order=order, created_by="user:1", now=now
    )
    terms.number, terms.approved_by, terms.valid_from = 1, "user:2", now
    terms.save(update_fields=["number", "approved_by", "valid_from"])
    SettlementCycle.objects.create(merchant=merchant, livemode=livemode, currency="XAF")
    return terms


def new_bank_file(*, now: datetime, **fields: Any) -> BankFile:
    """An approved file of no settlement."""
    file_id, content = new_id_at(now), "<Document/>"
    return BankFile.objects.create(
        id=file_id,
        livemode=False,
        currency="XAF",
        count=1,
        amount=10_000,
        content_encrypted=encrypt(content, context=FILE_CONTEXT, row_id=file_id),
        digest=hashlib.sha256(content.encode()).digest(),
        created_at=now,
        created_by="user:1",
        approved_by="user:2",
        **{"status": "approved", **fields},
    )


def new_settlement(
    terms: SettlementTerms, *, number: int = 1, now: datetime, **fields: Any
) -> Settlement:
    """One that is carried over, with a line of it and its opposite."""
    settlement = Settlement.objects.create(
        id=new_id_at(now),
        terms=terms,
        year=now.year,
        number=number,
        period_end=now,
        horizon_from=0,
        horizon_to=number,
        opening_balance=0,
        line_count=2,
        paid_by=terms.paid_by,
        payee_index=terms.payee_index,
        payee_masked=terms.payee_masked,
        created_at=now,
        **{
            "merchant": terms.merchant,
            "livemode": terms.livemode,
            "currency": terms.currency,
            "closing_balance": 0,
            "amount": 0,
            "status": "carried_over",
            **fields,
        },
    )
    for place, (kind, amount) in enumerate([("gross", 100), ("payout_held", -100)], start=1):
        SettlementLine.objects.create(
            id=new_id(),
            settlement=settlement,
            number=place,
            kind=kind,
            amount=amount,
            source_id=new_id(),
            moved_at=now,
        )
    return settlement
