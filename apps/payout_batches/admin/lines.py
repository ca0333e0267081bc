"""The lines of a batch as its page shows them, and as the file of what is wrong with them."""

from __future__ import annotations

import csv
import logging
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.core.admin import show_label
from apps.core.table_files import harmless_in_csv
from apps.payout_batches.admin.forms import ConfirmForm, LineForm
from apps.payout_batches.models import LineStatus, NameResult, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.line_representation import name_check_of
from apps.payout_batches.rules.name_labels import name_label
from apps.payout_batches.rules.payee import payee_name_of, rail_name_of
from apps.payout_batches.rules.sentences import COLUMNS, sentence
from apps.payout_batches.rules.shown_sum import shown_sum
from apps.payout_batches.selectors.list_lines import list_lines
from apps.payout_batches.selectors.read_cells import read_written
from apps.payout_batches.selectors.sum_lines import LineSum
from apps.vault.encryption import DecryptionFailed
from apps.vault.masked_text import mask_text

LINES_SHOWN = 25
logger = logging.getLogger(__name__)

LINE_COLOURS = {
    LineStatus.INVALID: "danger",
    LineStatus.READY: "success",
    LineStatus.SENT: "info",
    LineStatus.SUCCEEDED: "success",
    LineStatus.FAILED: "danger",
}


def shown_lines(
    request: HttpRequest,
    batch: PayoutBatch,
    sums: dict[str, LineSum],
    *,
    may_change: bool,
) -> dict[str, Any]:
    """A page of the lines: those with faults unless others are asked for."""
    status = request.GET.get("lines", "")
    if status not in [*sums, "all"]:
        status = LineStatus.INVALID if LineStatus.INVALID in sums else "all"
    after, one = read_number(request.GET.get("after")), read_number(request.GET.get("line"))
    page = list_lines(
        batch.pk,
        statuses=[] if status == "all" or one else [status],
        after=one - 1 if one else after,
        limit=1 if one else LINES_SHOWN,
    )
    rows = []
    for line in page.rows:
        line.batch = batch
        is_open = may_change and (line.status == LineStatus.INVALID or bool(one))
        rows.append(_row(line, batch, may_change=may_change, is_open=is_open))
    return {
        "tabs": [
            (name, str(label), sums[name].count, name == status)
            for name, label in LineStatus.choices
            if name in sums
        ],
        "shown": status,
        "rows": rows,
        "next_after": page.rows[-1].number if page.has_more and not one else None,
        "is_one": bool(one),
    }


def _row(
    line: PayoutBatchLine, batch: PayoutBatch, *, may_change: bool, is_open: bool
) -> dict[str, Any]:
    can_drop = may_change and line.status in (LineStatus.INVALID, LineStatus.READY)
    return {
        "number": line.number,
        "payee": line.payee_msisdn_masked or "–",
        "operator": " ".join(one for one in (line.operator, line.country) if one),
        "money": "–"
        if line.amount is None
        else shown_sum(line.amount, line.fees_charged, batch.currency),
        "reference": mask_text(line.merchant_reference, msisdn=""),
        "status": line_label(line.status),
        "problems": [
            (
                COLUMNS.get(one["column"], ""),
                one["values"].get("cell", ""),
                sentence(one["code"], one["values"]),
            )
            for one in line.problems
        ],
        "warnings": [sentence(one["code"], one["values"]) for one in line.warnings],
        **_name(line, may_change=may_change),
        "form": LineForm(line) if is_open else None,
        "can_drop": can_drop,
        "can_correct": can_drop and not is_open,
        "can_restore": may_change and line.status == LineStatus.DROPPED,
        "url": reverse("admin:payout_batches_line", args=[batch.pk, line.number]),
    }


def _name(line: PayoutBatchLine, *, may_change: bool) -> dict[str, Any]:
    """What the rail said of the payee's name, and whether somebody must decide about it."""
    check = name_check_of(line)
    if check is None:
        return {}
    must_decide = (
        may_change
        and check.result == NameResult.DIFFERENT
        and not check.is_confirmed
        and line.status == LineStatus.READY
    )
    name, written = check.rail_name_masked, ""
    if must_decide:
        # Who decides has to know whom she would pay.
        try:
            name, written = rail_name_of(check) or name, payee_name_of(line)
        except DecryptionFailed:
            logger.error("a name cannot be read", extra={"line_id": str(line.pk)})
    return {
        "name_label": name_label(check.result, check.score),
        "rail_name": name,
        "confirmed": check.confirmation_reason,
        "written_name": written,
        "confirm_form": ConfirmForm(auto_id=f"confirm-{line.number}-%s") if must_decide else None,
    }


def line_label(status: str) -> SafeString:
    return show_label(LineStatus(status).label, LINE_COLOURS.get(LineStatus(status), ""))


class _Echo:
    """Hands back what a writer would write."""

    def write(self, text: str) -> str:
        return text


def problem_rows(batch: PayoutBatch) -> Iterator[str]:
    writer = csv.writer(_Echo())
    # The mark by which spreadsheets know UTF-8.
    yield "\ufeff"
    yield writer.writerow(
        [str(one) for one in (_("line"), _("cell"), _("column"), _("written"), _("what is wrong"))]
    )
    after, has_more = 0, True
    while has_more:
        page = list_lines(batch.pk, statuses=[LineStatus.INVALID], after=after, limit=500)
        for line in page.rows:
            written = read_written(line)
            for one in line.problems:
                cells = [
                    str(line.number),
                    one["values"].get("cell", ""),
                    str(COLUMNS.get(one["column"], "")),
                    written.get(one["column"], ""),
                    sentence(one["code"], one["values"]),
                ]
                yield writer.writerow([harmless_in_csv(cell) for cell in cells])
        has_more = page.has_more
        after = page.rows[-1].number if page.rows else after


def read_number(text: str | None) -> int:
    is_number = text is not None and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number and text else 0
