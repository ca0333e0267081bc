from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.core.table_files import XLSX_TYPE, Cell, Table, csv_file, pdf_file, xlsx_file
from apps.ledger.rules.postings import SOURCES, TransferKind
from apps.settlement.models import Settlement
from apps.settlement.rules.refusals import StatementTooLong as StatementTooLong
from apps.settlement.rules.write_camt053 import CamtStatement, write_camt053
from apps.settlement.selectors.list_lines import read_lines

CAMT = "camt.053.001.08"
# The kind -> the end of its name, its type, and how many lines it is made of at most.
KINDS: Mapping[str, tuple[str, str, int]] = {
    "csv": ("csv", "text/csv; charset=utf-8", 100_000),
    "xlsx": ("xlsx", XLSX_TYPE, 100_000),
    "pdf": ("pdf", "application/pdf", 5_000),
    CAMT: ("xml", "application/xml", 100_000),
}


@dataclass(frozen=True, slots=True)
class StatementFile:
    name: str
    content_type: str
    content: bytes


def build_statement(settlement: Settlement, *, kind: str, now: datetime) -> StatementFile:
    """A settlement's statement as a file in its merchant's language; a PDF is signed.

    Args:
        kind: one of KINDS.

    Raises:
        StatementTooLong.
    """
    end, content_type, lines_max = KINDS[kind]
    if settlement.line_count > lines_max:
        raise StatementTooLong(f"It has {settlement.line_count}.", field="format")
    with translation.override(settlement.merchant.language):
        content = _MAKERS[kind](settlement, now)
    return StatementFile(f"{settlement.public_id}.{end}", content_type, content)


def statement_table(settlement: Settlement) -> Table:
    """The lines, as many as there are: they are read while the file is written."""
    headers = (_("Line"), _("Time"), _("Kind"), _("Amount"), _("Currency"), _("Of"), _("Movement"))
    return Table(settlement.full_number, headers, _rows(settlement))


def _rows(settlement: Settlement) -> Iterator[Sequence[Cell]]:
    for line in read_lines(settlement.pk):
        kind = TransferKind(line.kind)
        yield (
            line.number,
            f"{line.moved_at:%Y-%m-%d %H:%M:%S}",
            str(kind.label),
            line.amount,
            settlement.currency,
            encode_id(SOURCES[kind], line.source_id),
            encode_id("tr", line.pk),
        )


def _pdf(settlement: Settlement, now: datetime) -> bytes:
    """For people: the balances and sums, then the lines."""

    def money(amount: int) -> str:
        return str(Money(amount, settlement.currency))

    sums: list[Sequence[Cell]] = [(_("Opening balance"), "", money(settlement.opening_balance))]
    for kind, total in settlement.totals.items():
        label = str(TransferKind(kind).label)
        sums.append((label, total["count"], money(total["amount"])))
    sums += [
        (_("Closing balance"), "", money(settlement.closing_balance)),
        (_("Paid to you"), "", money(settlement.amount)),
        (_("Carried over"), "", money(settlement.carried_over)),
    ]
    title = _("Statement %(number)s of %(merchant)s, %(time)s") % {
        "number": settlement.full_number,
        "merchant": settlement.merchant.name,
        "time": f"{settlement.period_end:%Y-%m-%d %H:%M} UTC",
    }
    totals = Table(_("Totals"), (_("Kind"), _("Lines"), _("Amount")), sums)
    lines = statement_table(settlement)
    sign_pdf: Callable[..., bytes] = import_string(settings.PDF_SIGNER)
    return sign_pdf(pdf_file(title, [totals, lines]), reason=_("Statement"), now=now)


def camt_statement(settlement: Settlement) -> CamtStatement:
    return CamtStatement(
        id=settlement.pk,
        number=settlement.number,
        created_at=settlement.created_at,
        # Before the first there was nothing.
        begins_at=settlement.period_start or settlement.period_end,
        ends_at=settlement.period_end,
        merchant=settlement.merchant.public_id,
        currency=settlement.currency,
        opening_balance=settlement.opening_balance,
        closing_balance=settlement.closing_balance,
    )


_MAKERS: Mapping[str, Callable[[Settlement, datetime], bytes]] = {
    "csv": lambda settlement, now: csv_file(statement_table(settlement)),
    "xlsx": lambda settlement, now: xlsx_file([statement_table(settlement)]),
    "pdf": _pdf,
    CAMT: lambda settlement, now: write_camt053(
        camt_statement(settlement), read_lines(settlement.pk), now=now
    ),
}
