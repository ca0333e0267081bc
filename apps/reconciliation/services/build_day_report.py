from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.money import EXPONENTS, Money, grouped, in_main_unit
from apps.core.table_files import XLSX_TYPE, Cell, Table, csv_file, pdf_file, xlsx_file
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.day_report import DayReport
from apps.reconciliation.rules.standings import Standing
from apps.reconciliation.rules.write_day_report import write_day_report
from apps.reconciliation.selectors.day_report import open_day_report

# The kind -> its type, and how many movements it is made of at most.
KINDS: Mapping[str, tuple[str, int]] = {
    "xml": ("application/xml", 200_000),
    "xlsx": (XLSX_TYPE, 200_000),
    "csv": ("text/csv; charset=utf-8", 1_000_000),
    "pdf": ("application/pdf", 1_000_000),
}


class DayReportTooLong(DomainError):
    code = "day_report_too_long"
    status = 422
    title = "The day has too many movements for this kind of file."


@dataclass(frozen=True, slots=True)
class DayReportFile:
    name: str
    content_type: str
    content: bytes


def build_day_report(
    *, account: ProviderAccount, day: date, kind: str, now: datetime
) -> DayReportFile:
    """The report of one day of an account, of its zone, in the language of whoever asks; a PDF is
    signed. All kinds are made of the same rows.

    Args:
        kind: one of KINDS.

    Raises:
        DayReportTooLong: take another kind.
    """
    content_type, movements_max = KINDS[kind]
    with open_day_report(account=account, day=day) as report:
        if report.count > movements_max:
            raise DayReportTooLong(
                _("It has %(count)s; take the CSV.") % {"count": grouped(report.count)},
                field="format",
            )
        content = _MAKERS[kind](report, now)
    return DayReportFile(f"{account.public_id}_{day.isoformat()}.{kind}", content_type, content)


def movements_table(report: DayReport) -> Table:
    """A row for each movement; they are read while the file is written."""
    headers = (
        _("No."), _("Standing"), _("Operation"), _("Of"), _("Reference"),
        _("Provider’s reference"), _("Our amount (main unit)"), _("Their amount (main unit)"),
        _("Fee (main unit)"), _("Currency"),
        _("Their outcome"), _("Completed"), _("Occurred"), _("Statement"), _("Line"),
        _("Discrepancy"), _("Kind"),
    )  # fmt: skip
    return Table(_("Movements"), headers, _rows(report))


def _rows(report: DayReport) -> Iterator[Sequence[Cell]]:
    for one in report.movements:
        kind = one.discrepancy_kind
        yield (
            one.number,
            str(Standing(one.standing).label),
            one.operation,
            one.owner_id,
            one.reference,
            one.provider_reference,
            *(
                _plain(amount, one.currency)
                for amount in (one.our_amount, one.their_amount, one.fee)
            ),
            one.currency,
            one.outcome,
            _time(one.completed_at),
            _time(one.occurred_at),
            one.statement_id,
            one.line_number,
            one.discrepancy_id,
            str(Discrepancy.Kind(kind).label) if kind else "",
        )


def totals_table(report: DayReport) -> Table:
    headers = (
        _("Standing"), _("Currency"), _("Ours"), _("Our amount"), _("Theirs"),
        _("Their amount"), _("Fee"), _("Net"),
    )  # fmt: skip
    rows = [
        (
            str(Standing(total.standing).label),
            total.currency,
            total.our_count,
            _money(total.our_amount, total.currency),
            total.their_count,
            _money(total.their_amount, total.currency),
            _money(total.fee, total.currency),
            _money(total.net, total.currency),
        )
        for total in report.totals
    ]
    return Table(_("Totals"), headers, rows)


def statements_table(report: DayReport) -> Table:
    headers = (_("Statement"), _("File"), _("Lines"), _("Unreadable"), "SHA-256")
    rows = [
        (
            one.public_id,
            one.file_name,
            one.lines_read,
            one.lines_broken,
            bytes(one.file_digest).hex(),
        )
        for one in report.statements
    ]
    return Table(_("Reports of the provider"), headers, rows)


def _pdf(report: DayReport, now: datetime) -> bytes:
    """For people: the totals, the provider's reports, and what does not agree; signed."""
    title = _("Reconciliation of %(account)s, %(day)s (%(zone)s)") % {
        "account": report.account.label,
        "day": report.day.isoformat(),
        "zone": report.account.timezone,
    }
    tables = [totals_table(report), statements_table(report), _exceptions(report)]
    sign_pdf: Callable[..., bytes] = import_string(settings.PDF_SIGNER)
    return sign_pdf(pdf_file(title, tables), reason=_("Reconciliation"), now=now)


def _exceptions(report: DayReport) -> Table:
    headers = (
        _("Standing"), _("Kind"), _("Of"), _("Reference"), _("Our amount"), _("Their amount"),
        _("Discrepancy"),
    )  # fmt: skip
    rows: Iterator[Sequence[Cell]] = (
        (
            str(Standing(one.standing).label),
            str(Discrepancy.Kind(one.discrepancy_kind).label) if one.discrepancy_kind else "",
            one.owner_id,
            one.reference or one.provider_reference,
            _money(one.our_amount, one.currency),
            _money(one.their_amount, one.currency),
            one.discrepancy_id,
        )
        for one in report.movements
        if one.standing != Standing.MATCHED
    )
    return Table(_("What does not agree"), headers, rows)


def _plain(amount: int | None, currency: str) -> Cell:
    """A number in the currency's main unit; of one that we do not know, as it was reported."""
    return amount if amount is None or currency not in EXPONENTS else in_main_unit(amount, currency)


def _money(amount: int | None, currency: str) -> str:
    if amount is None:
        return ""
    # A report may name a currency we do not know.
    known = currency in EXPONENTS
    return str(Money(amount, currency)) if known else f"{grouped(amount)} {currency}"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


_MAKERS: Mapping[str, Callable[[DayReport, datetime], bytes]] = {
    "xml": lambda report, now: write_day_report(report, now=now),
    "xlsx": lambda report, now: xlsx_file(
        [totals_table(report), statements_table(report), movements_table(report)]
    ),
    "csv": lambda report, now: csv_file(movements_table(report)),
    "pdf": _pdf,
}
