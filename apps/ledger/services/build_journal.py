from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.utils.translation import gettext as _

from apps.core.money import EXPONENTS
from apps.core.table_files import XLSX_TYPE, Cell, Table, csv_file, xlsx_file
from apps.ledger.selectors.read_journal import JournalLine, read_journal

# As accountants' programs name a journal of sundry operations.
JOURNAL = "OD"
KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": XLSX_TYPE}


@dataclass(frozen=True, slots=True)
class JournalFile:
    name: str
    content_type: str
    content: bytes


def build_journal(*, month: date, currency: str, livemode: bool, kind: str) -> JournalFile:
    """A month of the ledger for an accountant's program: its debits are its credits, day by day and
    piece by piece, in the currency's main unit. Days are those of settings.JOURNAL_TIME_ZONE.

    Args:
        month: any day of it.
        kind: one of KINDS.
    """
    first = month.replace(day=1)
    lines = read_journal(
        first_day=first,
        last_day=first.replace(day=monthrange(first.year, first.month)[1]),
        zone=settings.JOURNAL_TIME_ZONE,
        currency=currency,
        livemode=livemode,
    )
    headers = (
        _("Date"), _("Journal"), _("Piece"), _("Account"), _("Text"), _("Debit"), _("Credit"),
        _("Currency"), _("Transfers"),
    )  # fmt: skip
    table = Table(_("Journal"), headers, _rows(lines, currency))
    content = csv_file(table) if kind == "csv" else xlsx_file([table])
    mode = "" if livemode else "_test"
    return JournalFile(f"journal_{first:%Y-%m}_{currency}{mode}.{kind}", KINDS[kind], content)


def _rows(lines: Iterator[JournalLine], currency: str) -> Iterator[Sequence[Cell]]:
    def units(amount: int) -> Cell:
        if not EXPONENTS[currency]:
            return amount
        return Decimal(amount).scaleb(-EXPONENTS[currency])

    for line in lines:
        yield (
            line.day.isoformat(),
            JOURNAL,
            # A correction is a piece of its own, and says what it puts right.
            line.corrects.partition(",")[0] or f"{line.day:%Y%m%d}-{line.kind.value}",
            line.account,
            f"{line.kind.label} {line.corrects}".rstrip(),
            units(line.debit),
            units(line.credit),
            currency,
            line.count,
        )
