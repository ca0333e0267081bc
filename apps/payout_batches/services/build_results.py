from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.public_ids import encode_id
from apps.core.table_files import XLSX_TYPE, Cell, Table, csv_file, pdf_file, xlsx_file
from apps.payout_batches.models import LineStatus, NameResult, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.explain_line import explain_line
from apps.payout_batches.rules.line_representation import name_check_of
from apps.payout_batches.rules.payee_text import payee_text
from apps.payout_batches.rules.write_pain002 import VERSIONS, write_pain002
from apps.payout_batches.selectors.describe_batch import describe_batch, sums_of
from apps.payout_batches.selectors.read_results import read_results

# The kind -> the end of its name and its type.
KINDS: Mapping[str, tuple[str, str]] = {
    "csv": ("csv", "text/csv; charset=utf-8"),
    "xlsx": ("xlsx", XLSX_TYPE),
    **dict.fromkeys(VERSIONS, ("xml", "application/xml")),
    "pdf": ("pdf", "application/pdf"),
}
# A sheet has no more, and no page of paper is read so far.
LINES_MAX: Mapping[str, int] = {"xlsx": 1_000_000, "pdf": 5_000}


class ResultsTooLong(DomainError):
    code = "results_too_long"
    status = 422
    title = "This batch has too many lines for such a file: take csv."


@dataclass(frozen=True, slots=True)
class ResultsFile:
    name: str
    content_type: str
    content: bytes


def build_results(batch: PayoutBatch, *, kind: str, now: datetime) -> ResultsFile:
    """One explained line for each payee of a batch, as a file in its merchant's language; a PDF is
    signed. Of a batch under way, as it is now.

    Args:
        kind: one of KINDS.

    Raises:
        ResultsTooLong.
    """
    describe_batch(batch, now=now)
    count = sum(one["count"] for one in batch.line_sums.values())
    if count > LINES_MAX.get(kind, count):
        raise ResultsTooLong(f"It has {count}.", field="format")
    language = batch.merchant.language
    end, content_type = KINDS[kind]
    with translation.override(language):
        content = _MAKERS[kind](batch, language, now)
    return ResultsFile(f"{batch.public_id}.{end}", content_type, content)


def _table(batch: PayoutBatch, language: str) -> Table:
    headers = (
        *(_("Line"), _("Reference"), _("Payee"), _("Operator"), _("Amount"), _("Currency")),
        *(_("Status"), _("What happened"), _("Who must act"), _("What to do")),
        *(_("Payout"), _("Code"), _("Name"), _("Score")),
        *(_("Fee"), _("Tax on the fee"), _("Text for the payee")),
    )
    return Table(batch.public_id, headers, _rows(batch, language))


def _rows(batch: PayoutBatch, language: str) -> Iterator[Sequence[Cell]]:
    for line in read_results(batch):
        explained = explain_line(line, language=language)
        yield (
            line.number,
            line.merchant_reference,
            line.payee_msisdn_masked,
            line.operator,
            line.amount,
            batch.currency,
            str(LineStatus(line.status).label),
            str(explained.happened),
            str(explained.actor),
            str(explained.action),
            encode_id("po", line.payout_id) if line.payout_id else "",
            line.failure_code,
            *_name(line),
            line.fee if line.is_charged else 0,
            line.fee_tax if line.is_charged else 0,
            _text(batch, line, language),
        )


def _text(batch: PayoutBatch, line: PayoutBatchLine, language: str) -> str:
    """An SMS to who has the money; "" to anybody else."""
    if line.status != LineStatus.SUCCEEDED or line.amount is None:
        return ""
    return payee_text(
        merchant=batch.merchant.name,
        amount=str(Money(line.amount, batch.currency)),
        operator=line.operator,
        reference=line.merchant_reference,
        language=language,
    )


def _name(line: PayoutBatchLine) -> tuple[Cell, Cell]:
    """What the rail said of the payee's name, and how well it agrees."""
    check = name_check_of(line)
    if check is None:
        return "", ""
    return str(NameResult(check.result).label), "" if check.score is None else check.score


def _certificate(batch: PayoutBatch, language: str, now: datetime) -> bytes:
    """For people: the sums, then the lines that short."""
    sums = [
        (
            str(LineStatus(status).label),
            one.count,
            str(Money(one.amount, batch.currency)),
            str(Money(one.fee, batch.currency)),
            str(Money(one.fee_tax, batch.currency)),
        )
        for status in batch.line_sums
        if (one := sums_of(batch, status)).count
    ]
    headers = (_("Status"), _("Lines"), _("Amount"), _("Fees"), _("Taxes on the fees"))
    totals = Table(_("Totals"), headers, sums)
    # What fits across a page.
    lines = Table(
        _("Lines"),
        (_("Line"), _("Reference"), _("Payee"), _("Amount"), _("Status"), _("What happened")),
        [(row[0], row[1], row[2], row[4], row[6], row[7]) for row in _rows(batch, language)],
    )
    title = _("Payout batch %(id)s of %(merchant)s, %(time)s") % {
        "id": batch.public_id,
        "merchant": batch.merchant.name,
        "time": f"{now:%Y-%m-%d %H:%M} UTC",
    }
    sign_pdf: Callable[..., bytes] = import_string(settings.PDF_SIGNER)
    return sign_pdf(pdf_file(title, [totals, lines]), reason=_("Results of a batch"), now=now)


def _of_version(version: str) -> Callable[[PayoutBatch, str, datetime], bytes]:
    return lambda batch, language, now: write_pain002(
        batch, read_results(batch), version=version, language=language, now=now
    )


_MAKERS: Mapping[str, Callable[[PayoutBatch, str, datetime], bytes]] = {
    "csv": lambda batch, language, now: csv_file(_table(batch, language)),
    "xlsx": lambda batch, language, now: xlsx_file([_table(batch, language)]),
    **{version: _of_version(version) for version in VERSIONS},
    "pdf": _certificate,
}
