from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from apps.core.money import Money
from apps.core.public_ids import new_id
from apps.payout_batches.models import LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.cells import RawLine
from apps.payout_batches.rules.contexts import CELLS_CONTEXT, NAME_CONTEXT, PAYEE_CONTEXT
from apps.payout_batches.rules.read_amount import Marks
from apps.payout_batches.rules.read_line import ReadLine, read_line, written_cells
from apps.payout_batches.rules.read_phone import NumberPlan
from apps.payouts.rules.payee import PAYEE_INDEX
from apps.providers.contract import Operation
from apps.providers.registry import PROFILES, profile_of
from apps.providers.selectors.accounts import all_accounts
from apps.routing.rules.candidates import amount_limits
from apps.routing.rules.refusals import AmountOutOfRange, NoRail, RailClosed
from apps.routing.services.route import route
from apps.vault.blind_index import search_index
from apps.vault.encryption import encrypt
from apps.vault.masking import mask_msisdn

# Closed by staff for a while: the line is sent once it is open.
RAIL_CLOSED = "rail_closed"


def build_line(
    batch: PayoutBatch,
    raw: RawLine,
    *,
    plan: NumberPlan,
    marks: Marks = Marks(),  # noqa: B008 (frozen)
    row_id: UUID | None = None,
) -> PayoutBatchLine:
    """The line, unsaved: ready if every cell has one reading and a rail takes it, else invalid with
    what is wrong. No query but for what is remembered longer than a second.

    Args:
        plan: see read_number_plan.
        marks: what commas and points mean in the file.
        row_id: of the line that it replaces.
    """
    line = read_line(raw, currency=batch.currency, marks=marks, plan=plan)
    warnings = _judge(batch, line)
    row = PayoutBatchLine(
        id=row_id or new_id(),
        batch=batch,
        number=line.number,
        status=LineStatus.INVALID if line.problems else LineStatus.READY,
        amount=line.amount,
        country=line.phone.country if line.phone else "",
        operator=line.operator,
        merchant_reference=line.reference,
        description=line.description,
        problems=line.problems,
        warnings=warnings,
    )
    if line.phone is not None:
        row.payee_msisdn_encrypted = encrypt(
            line.phone.msisdn, context=PAYEE_CONTEXT, row_id=row.pk
        )
        row.payee_msisdn_index = search_index(line.phone.msisdn, purpose=PAYEE_INDEX)
        row.payee_msisdn_masked = mask_msisdn(line.phone.msisdn)
    if line.name:
        row.payee_name_encrypted = encrypt(line.name, context=NAME_CONTEXT, row_id=row.pk)
    if line.problems:
        written = json.dumps(written_cells(raw), ensure_ascii=False)
        row.cells_encrypted = encrypt(written, context=CELLS_CONTEXT, row_id=row.pk)
    return row


def _judge(batch: PayoutBatch, line: ReadLine) -> list[dict[str, Any]]:
    """Ask routing whether a rail takes the line; returns what is to be known of it all the same."""
    if line.phone is None or line.amount is None:
        return []
    try:
        route(
            merchant_id=batch.merchant_id,
            livemode=batch.livemode,
            phone=line.phone,
            operator=line.named_operator,
            money=Money(line.amount, batch.currency),
            operation=Operation.DISBURSE,
        )
    except RailClosed:
        return [{"code": RAIL_CLOSED, "column": "phone", "values": {}}]
    except AmountOutOfRange:
        line.refuse("amount", AmountOutOfRange.code, **_limits(batch, line))
    except NoRail:
        place = {"operator": line.operator, "country": line.phone.country}
        known = bool(line.operator)
        line.refuse("phone", NoRail.code if known else "operator_unknown", **place)
    return []


def _limits(batch: PayoutBatch, line: ReadLine) -> dict[str, Any]:
    assert line.phone is not None  # noqa: S101 (for the type checker)
    limits = [
        amount_limits(account, Operation.DISBURSE)
        for account in all_accounts()
        if account.country == line.phone.country
        and account.livemode == batch.livemode
        and account.currency == batch.currency
        and account.merchant_id in (None, batch.merchant_id)
        and account.connector in PROFILES
        and Operation.DISBURSE in account.operations
        and (profile := profile_of(account.connector, Operation.DISBURSE)) is not None
        and line.operator in profile.operators
    ]
    return {
        "smallest": min((least for least, _ in limits), default=0),
        "largest": max((most for _, most in limits), default=0),
        "currency": batch.currency,
    }
