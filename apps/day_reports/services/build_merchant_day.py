from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.money import Money, grouped, in_main_unit
from apps.core.public_ids import encode_id
from apps.core.table_files import XLSX_TYPE, Cell, Table, csv_file, pdf_file, xlsx_file
from apps.day_reports.models import MerchantDay
from apps.day_reports.rules.day_line import DayLine
from apps.day_reports.rules.groups import Group, sum_of
from apps.day_reports.rules.refusals import MerchantDayTooLong
from apps.day_reports.rules.write_merchant_day import write_merchant_day
from apps.day_reports.selectors.open_day import open_day
from apps.ledger.rules.postings import SOURCES, TransferKind
from apps.settlement.rules.write_camt053 import CamtStatement, write_camt053
from apps.vault.masked_text import mask_text

CAMT = "camt.053.001.08"
# The kind -> the end of its name, its type, and how many movements it is made of at most.
KINDS: Mapping[str, tuple[str, str, int]] = {
    "xml": ("xml", "application/xml", 200_000),
    CAMT: ("camt053.xml", "application/xml", 200_000),
    "csv": ("csv", "text/csv; charset=utf-8", 1_000_000),
    "xlsx": ("xlsx", XLSX_TYPE, 200_000),
    # Of a long one the first lines.
    "pdf": ("pdf", "application/pdf", 1_000_000),
}


@dataclass(frozen=True, slots=True)
class MerchantDayFile:
    name: str
    content_type: str
    content: bytes


def build_merchant_day(
    day: MerchantDay,
    *,
    kind: str,
    now: datetime,
    language: str = "",
    hides_numbers: bool = False,
) -> MerchantDayFile:
    """A merchant's day as a file, in its merchant's language if no other is wanted; a PDF is
    signed. All kinds are made of the same lines, whenever they are made.

    Args:
        day: with its merchant.
        kind: one of KINDS.
        hides_numbers: phone numbers in the merchant's own references are masked.

    Raises:
        MerchantDayTooLong: take another kind.
        DayDoesNotAdd: nothing of it may leave.
    """
    end, content_type, lines_max = KINDS[kind]
    if day.line_count > lines_max:
        raise MerchantDayTooLong(f"It has {day.line_count}; take the CSV.", field="format")
    with translation.override(language or day.merchant.language), open_day(day) as lines:
        told = map(_without_numbers, lines) if hides_numbers else lines
        content = _MAKERS[kind](day, told, now)
    return MerchantDayFile(f"{file_stem(day)}.{end}", content_type, content)


def _without_numbers(line: DayLine) -> DayLine:
    return replace(line, reference=mask_text(line.reference))


def file_stem(day: MerchantDay) -> str:
    """Another version has another name: none is ever written over."""
    mode = "" if day.livemode else "_test"
    return f"{day.merchant.public_id}_{day.currency}_{day.day.isoformat()}_v{day.version}{mode}"


def lines_table(day: MerchantDay, lines: Iterator[DayLine]) -> Table:
    """A row for each movement; they are read while the file is written."""
    headers = (
        _("Line"), _("Time (UTC)"), _("Rail"), _("Kind"), _("Amount (main unit)"), _("Currency"),
        _("Of"),
        _("Reference"), _("Movement"),
    )  # fmt: skip
    return Table(_("Movements"), headers, _rows(day, lines))


def _rows(day: MerchantDay, lines: Iterator[DayLine]) -> Iterator[Sequence[Cell]]:
    for line in lines:
        kind = TransferKind(line.kind)
        yield (
            line.number,
            f"{line.moved_at:%Y-%m-%d %H:%M:%S}",
            line.rail,
            str(kind.label),
            in_main_unit(line.amount, day.currency),
            day.currency,
            encode_id(SOURCES[kind], line.source_id),
            line.reference,
            encode_id("tr", line.pk),
        )


def sums_table(day: MerchantDay) -> Table:
    """The opening balance, what each group brought, the closing balance."""

    def money(amount: int) -> str:
        return str(Money(amount, day.currency))

    rows = [
        (_("Opening balance"), money(day.opening_balance)),
        *((str(group.label).capitalize(), money(sum_of(day, group))) for group in Group),
        (_("Net"), money(day.net)),
        (_("Closing balance"), money(day.closing_balance)),
    ]
    return Table(_("Sums"), ("", _("Amount")), rows)


def totals_table(day: MerchantDay) -> Table:
    rows = [
        (
            total["rail"] or "–",
            str(TransferKind(total["kind"]).label),
            total["count"],
            str(Money(total["amount"], day.currency)),
        )
        for total in day.totals
    ]
    return Table(_("By rail"), (_("Rail"), _("Kind"), _("Lines"), _("Amount")), rows)


def title_of(day: MerchantDay) -> str:
    title = _("Day report of %(merchant)s, %(day)s (%(zone)s), %(currency)s") % {
        "merchant": day.merchant.name,
        "day": day.day.isoformat(),
        "zone": day.timezone,
        "currency": day.currency,
    }
    if day.version > 1:
        title += " – " + _("corrected, version %(number)s") % {"number": grouped(day.version)}
    return title


def _pdf(day: MerchantDay, lines: Iterator[DayLine], now: datetime) -> bytes:
    tables = [sums_table(day), totals_table(day), lines_table(day, lines)]
    sign_pdf: Callable[..., bytes] = import_string(settings.PDF_SIGNER)
    return sign_pdf(pdf_file(title_of(day), tables), reason=_("Day report"), now=now)


def _camt(day: MerchantDay, lines: Iterator[DayLine], now: datetime) -> bytes:
    statement = CamtStatement(
        id=day.pk,
        number=None,
        created_at=day.created_at,
        begins_at=day.begins_at,
        ends_at=day.ends_at,
        merchant=day.merchant.public_id,
        currency=day.currency,
        opening_balance=day.opening_balance,
        closing_balance=day.closing_balance,
    )
    return write_camt053(statement, lines, now=now)


_MAKERS: Mapping[str, Callable[[MerchantDay, Iterator[DayLine], datetime], bytes]] = {
    "xml": lambda day, lines, now: write_merchant_day(day, lines, now=now),
    CAMT: _camt,
    "csv": lambda day, lines, now: csv_file(lines_table(day, lines)),
    "xlsx": lambda day, lines, now: xlsx_file(
        [sums_table(day), totals_table(day), lines_table(day, lines)]
    ),
    "pdf": _pdf,
}
