from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.tables.cells import Cell
from apps.core.tables.read_amount import Marks
from apps.payout_batches.models import LineStatus, PayoutBatchLine
from apps.payout_batches.rules.line_representation import name_check_of
from apps.payout_batches.rules.phone_prefixes import PhoneReader
from apps.payout_batches.rules.raw_line import RawLine
from apps.payout_batches.rules.read_line import left_problems
from apps.payout_batches.selectors.find_line import find_line
from apps.payout_batches.selectors.line_prices import LinePrices
from apps.payout_batches.selectors.lock_draft import lock_draft
from apps.payout_batches.selectors.read_cells import read_cells
from apps.payout_batches.selectors.read_number_plan import read_number_plan
from apps.payout_batches.services.build_rows import build_rows
from apps.payout_batches.services.note_duplicates import note_duplicates
from apps.payout_batches.services.open_name_checks import open_name_checks

CHANGED = (
    "status", "amount", "country", "operator", "payee_msisdn_encrypted", "payee_msisdn_index",
    "payee_msisdn_masked", "payee_name_encrypted", "merchant_reference", "description",
    "cells_encrypted", "problems", "warnings", "correctors", "fee", "fee_tax", "fee_line_id",
    "priced_as",
)  # fmt: skip


class LineDropped(DomainError):
    code = "payout_batch_line_dropped"
    status = 409
    title = "The line was dropped: restore it first."
    staff_words = _("The line was dropped: restore it first.")


@transaction.atomic
def correct_line(
    *,
    batch_id: UUID,
    number: int,
    cells: Mapping[str, Cell],
    actor: str,
    corrected_by: str,
    now: datetime,
) -> PayoutBatchLine:
    """Put other cells in place of what a line has; the rest stays. It is read anew: payable, or
    listed with what is wrong now. Who corrects and who submits come one after the other.

    Args:
        actor: as the audit trail names her.
        corrected_by: whose act it is, see selectors.maker_of; "user:<id>" of staff. She does not
            confirm the payee of this line, whoever corrects it after her.

    Raises BatchNotFound, BatchNotDraft, LineNotFound, LineDropped.
    """
    batch = lock_draft(batch_id)
    before = find_line(batch, number)
    if before.status == LineStatus.DROPPED:
        raise LineDropped
    raw = RawLine(
        number,
        {**read_cells(before), **cells},
        problems=left_problems(before.problems, cells),
    )
    phones = PhoneReader(read_number_plan(batch, on=now.date()))
    (row,) = build_rows(
        batch,
        [raw],
        phones=phones,
        marks=Marks(),
        prices=LinePrices(batch, now=now),
        row_ids=[before.pk],
    )
    line = PayoutBatchLine(**row._asdict(), correctors=_correctors(before, corrected_by))
    line._state.adding = False
    line.save(update_fields=CHANGED)
    payees = {
        bytes(one)
        for one in (before.payee_msisdn_index, line.payee_msisdn_index)
        if one is not None
    }
    note_duplicates(
        batch,
        now=now,
        payees=payees,
        references={before.merchant_reference, line.merchant_reference},
    )
    open_name_checks(batch, line_ids=[line.pk], corrected_by=corrected_by, now=now)
    record(
        actor=actor,
        action="payout_batch.correct_line",
        target=batch.public_id,
        detail={"line": number, "columns": sorted(cells), "status": line.status},
        now=now,
    )
    line.refresh_from_db(fields=["warnings"])
    return line


def _correctors(before: PayoutBatchLine, corrected_by: str) -> list[str]:
    # The release before wrote the last one alone, beside the check of the name.
    check = name_check_of(before)
    last = check.corrected_by if check is not None else ""
    return sorted({*before.correctors, last, corrected_by} - {""})
