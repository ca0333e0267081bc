from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max
from psycopg.types.json import Jsonb

from apps.core.bulk_write import bulk_write
from apps.core.postgresql.long_statements import long_statements
from apps.core.tables.cells import FileRefused
from apps.core.tables.read_amount import Marks, note_marks
from apps.orchestration.models import StatusChange
from apps.payout_batches.models import (
    BatchStatus,
    PayoutBatch,
    PayoutBatchLine,
    PayoutBatchPiece,
)
from apps.payout_batches.rules.debtor import check_debtors
from apps.payout_batches.rules.execution_day import check_execution_day
from apps.payout_batches.rules.open_list import PayeeList, open_list
from apps.payout_batches.rules.phone_prefixes import PhoneReader
from apps.payout_batches.rules.raw_line import RawLine
from apps.payout_batches.rules.read_line import as_text
from apps.payout_batches.selectors.describe_batch import describe_batch
from apps.payout_batches.selectors.hash_lines import hash_lines
from apps.payout_batches.selectors.line_prices import LinePrices
from apps.payout_batches.selectors.open_file import open_file
from apps.payout_batches.selectors.read_number_plan import read_number_plan
from apps.payout_batches.services.build_rows import LineRow, build_rows
from apps.payout_batches.services.note_duplicates import note_duplicates
from apps.payout_batches.services.open_name_checks import open_name_checks
from apps.payout_batches.transitions import move

# Lines of one transaction: what a crash can cost.
CHUNK = 2_000
COLUMNS = LineRow._fields
PROBLEMS, WARNINGS = (COLUMNS.index(name) for name in ("problems", "warnings"))
# Binary: half of a line are encrypted bytes, which as text take twice their length.
COPY = f"COPY payout_batches_payoutbatchline ({', '.join(COLUMNS)}) FROM STDIN WITH (FORMAT BINARY)"
TYPES = [
    str(PayoutBatchLine._meta.get_field(name).db_type(connection)).partition("(")[0]
    for name in COLUMNS
]
NOTHING = Jsonb([], dumps=lambda _: b"[]")


class BatchReadElsewhere(Exception):
    """Another worker reads this batch: it has written lines meanwhile."""


def check_batch(*, batch_id: UUID, now: datetime) -> None:
    """Read what came and make a line of each payee in it, payable or listed with its fault: the
    batch is a draft then. A file that cannot be read ends it, and nothing of it is payable.

    Safe to repeat and to interrupt anywhere: lines are written in order, a chunk a transaction, so
    the last one says where to go on.

    Raises BatchReadElsewhere: try again later.
    """
    batch = PayoutBatch.objects.select_related("merchant").filter(pk=batch_id).first()
    if batch is None or batch.status != BatchStatus.CHECKING:
        return
    try:
        payees = open_list(
            open_file(batch),
            currency=batch.currency,
            is_json=batch.source == PayoutBatch.Source.API,
        )
        # All of it, before the first line is written: what is wrong with the file shows by its end.
        marks = _survey(payees, batch)
        debtors = check_debtors(
            payees.debtors,
            merchant_id=batch.merchant_id,
            merchant_name=batch.merchant.name,
        )
        day = check_execution_day(payees.execution_day, zone=batch.merchant.timezone, now=now)
    except FileRefused as refusal:
        _end(batch, refusal, now=now)
        return
    written = _written(batch)
    lines = (raw for raw in payees.lines() if raw.number > written)
    phones = PhoneReader(read_number_plan(batch, on=now.date()))
    prices = LinePrices(batch, now=now)
    while chunk := list(itertools.islice(lines, CHUNK)):
        plan = read_number_plan(batch, on=now.date())
        if plan != phones.plan:
            phones = PhoneReader(plan)
        rows = build_rows(batch, chunk, phones=phones, marks=marks, prices=prices)
        if not _store(batch, rows, after=written):
            return
        written = chunk[-1].number
    batch.source = payees.source
    batch.execution_day = payees.execution_day
    batch.warnings = [*payees.warnings, *debtors, *day]
    _finish(batch, last=written, now=now)


def _survey(payees: PayeeList, batch: PayoutBatch) -> Marks:
    """What the amounts of the whole file say of commas and points. Raises FileRefused."""
    grouping: set[str] = set()
    decimal: set[str] = set()
    count = 0
    for raw in payees.lines():
        count += 1
        amount = raw.cells.get("amount")
        if isinstance(amount, str):
            note_marks(amount, grouping, decimal)
        _refuse_other_currency(raw, batch)
    if not count:
        raise FileRefused("no_lines")
    return Marks(frozenset(grouping), frozenset(decimal))


def _refuse_other_currency(raw: RawLine, batch: PayoutBatch) -> None:
    cell = raw.cells.get("currency")
    if cell is None:
        return
    said = as_text(cell).strip().upper()
    if (
        said
        and said != batch.currency
        and not (said in ("FCFA", "CFA", "F CFA") and batch.currency in ("XAF", "XOF"))
    ):
        raise FileRefused(
            "currency_mixed", number=raw.number, currency=batch.currency, found=said[:10]
        )


def _written(batch: PayoutBatch) -> int:
    lines = PayoutBatchLine.objects.filter(batch=batch)
    return lines.aggregate(last=Max("number"))["last"] or 0


@transaction.atomic
def _store(batch: PayoutBatch, rows: Iterable[LineRow], *, after: int) -> bool:
    """Write lines that follow `after`; False when the batch is read to its end already."""
    if not _is_mine(batch, after=after):
        return False
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(TYPES)
        for values in _values(rows):
            copy.write_row(values)
    return True


def _values(rows: Iterable[LineRow]) -> Iterator[Sequence[Any]]:
    for row in rows:
        values: list[Any] = list(row)
        values[PROBLEMS] = _as_json(row.problems)
        values[WARNINGS] = _as_json(row.warnings)
        yield values


def _as_json(items: Sequence[Any]) -> Jsonb:
    return Jsonb(items) if items else NOTHING


def _is_mine(batch: PayoutBatch, *, after: int) -> bool:
    """Lock the batch, and see that nobody else has written lines of it or ended it."""
    status = PayoutBatch.objects.select_for_update().values_list("status", flat=True)
    if status.get(pk=batch.pk) != BatchStatus.CHECKING:
        return False
    if _written(batch) != after:
        raise BatchReadElsewhere(batch.public_id)
    return True


@transaction.atomic
def _finish(batch: PayoutBatch, *, last: int, now: datetime) -> None:
    if not _is_mine(batch, after=last):
        return
    with long_statements():
        note_duplicates(batch, now=now)
        batch.content_sha256 = hash_lines(batch.pk)
        open_name_checks(batch, now=now)
    batch.warnings = [*batch.warnings, *_seen_before(batch)]
    _move(
        batch, BatchStatus.DRAFT, ["source", "content_sha256", "warnings", "execution_day"], now=now
    )


@transaction.atomic
def _end(batch: PayoutBatch, refusal: FileRefused, *, now: datetime) -> None:
    if not _is_mine(batch, after=0):
        return
    batch.failure_code = refusal.code
    batch.failure_values = refusal.values_of
    _move(batch, BatchStatus.CANCELED, ["failure_code", "failure_values"], now=now)


def _move(batch: PayoutBatch, to: str, fields: list[str], *, now: datetime) -> None:
    describe_batch(batch, now=now)
    moved = move(batch, to, source=StatusChange.Source.WORKER, now=now)
    bulk_write(moved.rows, {batch: [*fields, "status", "sequence", "completed_at"]})
    PayoutBatchPiece.objects.filter(batch=batch).delete()


def _seen_before(batch: PayoutBatch) -> list[dict[str, Any]]:
    """That the same file, or the same list in another order, came before and was not refused."""
    before = PayoutBatch.objects.filter(
        merchant_id=batch.merchant_id, livemode=batch.livemode, pk__lt=batch.pk
    ).exclude(status=BatchStatus.CANCELED)
    for code, field in (("same_file", "file_sha256"), ("same_list", "content_sha256")):
        digest = getattr(batch, field)
        found = before.filter(**{field: digest}).order_by("-pk").first() if digest else None
        if found is not None:
            return [{"code": code, "values": {"batch": found.public_id}}]
    return []
