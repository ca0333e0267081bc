"""What the admin shows of a batch."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.decorators import display

from apps.core.admin import show_label, show_mode, show_money, show_time, show_two
from apps.core.money import grouped
from apps.payout_batches.models import BatchStatus, PayoutBatch
from apps.vault.masked_text import mask_text

COLOURS = {
    BatchStatus.CHECKING: "info",
    BatchStatus.DRAFT: "info",
    BatchStatus.NEEDS_APPROVAL: "warning",
    BatchStatus.SCHEDULED: "info",
    BatchStatus.RUNNING: "info",
    BatchStatus.PAUSED: "warning",
    BatchStatus.COMPLETED: "success",
    BatchStatus.CANCELING: "warning",
    BatchStatus.CANCELED: "",
}
SOURCES = {
    PayoutBatch.Source.API: _("by API"),
    PayoutBatch.Source.FILE: _("by file"),
    PayoutBatch.Source.PAIN001: _("by pain.001"),
}


class BatchColumns:
    @display(description=_("id"))
    def id_and_time(self, batch: PayoutBatch) -> SafeString:
        return show_two(batch.public_id, show_time(batch.created_at))

    @display(description=_("id"))
    def public_id_shown(self, batch: PayoutBatch) -> str:
        return batch.public_id

    @display(description=_("reference"))
    def name_shown(self, batch: PayoutBatch) -> SafeString:
        return show_two(
            mask_text(batch.merchant_reference, msisdn="") or "–",
            mask_text(batch.file_name, msisdn=""),
        )

    @display(description=_("total"))
    def total_shown(self, batch: Any) -> SafeString:
        count = int(batch.lines_to_send or 0)
        lines = ngettext("%(count)s line", "%(count)s lines", count) % {"count": grouped(count)}
        return show_two(show_money(int(batch.total_to_send or 0), batch.currency), lines)

    @display(description=_("reference"))
    def reference_shown(self, batch: PayoutBatch) -> str:
        return mask_text(batch.merchant_reference, msisdn="") or "–"

    @display(description=_("description"))
    def description_shown(self, batch: PayoutBatch) -> str:
        return mask_text(batch.description, msisdn="") or "–"

    @display(description=_("file"))
    def file_name_shown(self, batch: PayoutBatch) -> str:
        return mask_text(batch.file_name, msisdn="") or "–"

    @display(description=_("how it came"))
    def source_shown(self, batch: PayoutBatch) -> str:
        return str(SOURCES[PayoutBatch.Source(batch.source)])

    @display(description=_("mode"))
    def mode(self, batch: PayoutBatch) -> SafeString:
        return show_mode(batch.livemode)

    @display(description=_("status"))
    def status_shown(self, batch: PayoutBatch) -> SafeString:
        return show_label(batch.get_status_display(), COLOURS.get(BatchStatus(batch.status), ""))

    @display(description=_("created"))
    def created(self, batch: PayoutBatch) -> str:
        return show_time(batch.created_at, batch.merchant.timezone)

    @display(description=_("completed"))
    def completed(self, batch: PayoutBatch) -> str:
        return show_time(batch.completed_at, batch.merchant.timezone)
