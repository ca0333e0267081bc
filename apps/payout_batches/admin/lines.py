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

from apps.audit.admin import actor_of
from apps.core.admin import show_label, show_refusal
from apps.core.errors import DomainError
from apps.core.table_files import harmless_in_csv
from apps.payout_batches.admin.forms import ConfirmForm, LineForm
from apps.payout_batches.models import LineStatus, NameResult, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.line_representation import name_check_of
from apps.payout_batches.rules.may_confirm import PayeeNameErased, refuse_confirmation
from apps.payout_batches.rules.name_digest import name_digest
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
        rows.append(
            _row(line, batch, actor=actor_of(request), may_change=may_change, is_open=is_open)
        )
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
    line: PayoutBatchLine, batch: PayoutBatch, *, actor: str, may_change: bool, is_open: bool
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
        **_name(line, batch, actor=actor, may_change=may_change),
        "form": LineForm(line) if is_open else None,
        "can_drop": can_drop,
        "can_correct": can_drop and not is_open,
        "can_restore": may_change and line.status == LineStatus.DROPPED,
        "url": reverse("admin:payout_batches_line", args=[batch.pk, line.number]),
    }


def _name(
    line: PayoutBatchLine, batch: PayoutBatch, *, actor: str, may_change: bool
) -> dict[str, Any]:
    """What the rail said of the payee's name, and whether somebody must decide about it: she who
    looks, or, as a sentence says, not she or not yet."""
    check = name_check_of(line)
    if check is None:
        return {}
    must_decide = (
        may_change
        and check.result == NameResult.DIFFERENT
        and not check.is_confirmed
        and line.status == LineStatus.READY
    )
    shown: dict[str, Any] = {
        "name_label": name_label(check.result, check.score),
        "rail_name": check.rail_name_masked,
        "confirmed": check.confirmation_reason,
    }
    if not must_decide:
        return shown
    try:
        refuse_confirmation(batch, line, check, names={actor})
        # Who decides has to know whom she would pay.
        shown |= {"rail_name": rail_name_of(check), "written_name": payee_name_of(line)}
    except DomainError as refusal:
        is_erased = isinstance(refusal, PayeeNameErased)
        return shown | {"no_confirmation": show_refusal(refusal), "can_check_anew": is_erased}
    except DecryptionFailed:
        logger.error("a name cannot be read", extra={"line_id": str(line.pk)})
        text = _("The name at the operator cannot be read: have it checked anew.")
        return shown | {"no_confirmation": text, "can_check_anew": True}
    return shown | {
        "digest": name_digest(line, check).hex(),
        "confirm_form": ConfirmForm(auto_id=f"confirm-{line.number}-%s"),
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


def read_hex(text: str | None) -> bytes:
    try:
        return bytes.fromhex(text or "")
    except ValueError:
        return b""
