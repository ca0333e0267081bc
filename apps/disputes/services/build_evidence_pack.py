from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.template.defaultfilters import filesizeformat
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from apps.core.admin import pretty_json
from apps.core.money import Money
from apps.disputes.models import Dispute, EvidenceFile, EvidenceText
from apps.disputes.rules.evidence import ANSWERS, content_of, name_of, text_of
from apps.disputes.selectors.payment_timeline import number_of
from apps.disputes.services.draw_evidence_pack import (
    PackImage,
    PackSection,
    draw_evidence_pack,
)
from apps.disputes.services.sign_pdf import sign_pdf
from apps.orchestration.models import Attempt, AttemptStatus
from apps.payments.models import Payment
from apps.vault.kept_files import AttachmentUnreadable
from apps.vault.masked_text import mask_text

# What was tried for one payment is dozens of lines; no pack is without end.
ENTRIES_MAX = 300
ANSWER_LENGTH_MAX = 5_000
IMAGES = (EvidenceFile.ContentType.JPEG, EvidenceFile.ContentType.PNG)


@dataclass(frozen=True, slots=True)
class PackEntry:
    """One line of the payment's timeline, in the reader's language, nothing in it to hide."""

    at: datetime
    title: str
    detail: str = ""


def build_evidence_pack(*, dispute_id: UUID, timeline: Sequence[PackEntry], now: datetime) -> bytes:
    """All that speaks for the merchant in one signed PDF, in the current language: the receipt of
    the payment, its timeline, what was said and the files, their images shown. Phone numbers are
    masked.
    What does not open any more is named as such. Raises Dispute.DoesNotExist.
    """
    dispute = Dispute.objects.select_related("payment", "merchant").get(pk=dispute_id)
    zone = ZoneInfo(dispute.merchant.timezone)
    msisdn = number_of(dispute.payment)

    def masked(text: str) -> str:
        return mask_text(text, msisdn=msisdn)

    texts = {row.kind: masked(text_of(row)) for row in EvidenceText.objects.filter(dispute=dispute)}
    sections = [
        _dispute(dispute, zone),
        *_receipt(dispute.payment, zone, masked),
        *(
            PackSection(title=str(kind.label).capitalize(), texts=[texts[kind]])
            for kind in (EvidenceText.Kind.COMPLAINT, *ANSWERS)
            if kind in texts
        ),
        *_files(dispute, msisdn=msisdn),
        _timeline(timeline, zone),
    ]
    title = _("Evidence in the dispute %(id)s") % {"id": dispute.public_id}
    footer = _("LOMI AFRICA, made %(time)s; signed electronically: any change is seen.") % {
        "time": _time(now, zone)
    }
    return sign_pdf(
        draw_evidence_pack(title=title, sections=sections, footer=footer), reason=title, now=now
    )


def _dispute(dispute: Dispute, zone: ZoneInfo) -> PackSection:
    facts = [
        (_("merchant"), dispute.merchant.name),
        (_("disputed"), str(Money(dispute.amount, dispute.currency))),
        (_("reason"), " ".join((str(dispute.get_reason_display()), dispute.reason_code)).strip()),
        (_("stage"), f"{dispute.get_network_display()}, {dispute.get_stage_display()}"),
        (_("opened by"), str(dispute.get_opened_by_display())),
        (_("opened"), _time(dispute.opened_at, zone)),
        (_("evidence due"), _time(dispute.evidence_due_at, zone)),
    ]
    if dispute.provider_reference:
        facts.append((_("provider's reference"), dispute.provider_reference))
    return PackSection(title=_("Dispute"), facts=facts)


def _receipt(payment: Payment, zone: ZoneInfo, masked: Callable[[str], str]) -> list[PackSection]:
    collected = Attempt.objects.get(owner_id=payment.pk, status=AttemptStatus.SUCCEEDED)
    receipt = PackSection(
        title=_("Receipt of the payment"),
        facts=[
            (_("payment"), payment.public_id),
            (_("amount"), str(Money(payment.received, payment.currency))),
            (_("payer"), f"{payment.payer_msisdn_masked}, {payment.operator}, {payment.country}"),
            (_("description"), masked(payment.description) or "–"),
            (_("asked for"), _time(payment.created_at, zone)),
            (_("paid"), _time(payment.completed_at, zone)),
            (_("provider"), payment.provider),
            (_("provider's reference"), collected.provider_reference or "–"),
            (_("our reference"), str(collected.reference)),
        ],
    )
    if not collected.raw:
        return [receipt]
    words = masked(pretty_json(collected.raw))[:ANSWER_LENGTH_MAX]
    return [receipt, PackSection(title=_("In the provider’s own words"), texts=[words])]


def _files(dispute: Dispute, *, msisdn: str) -> list[PackSection]:
    # The content of one file at a time: ten of them are fifty megabytes.
    files = list(
        EvidenceFile.objects.filter(dispute=dispute).defer("content_encrypted").order_by("id")
    )
    if not files:
        return []
    rows = [(_("file"), _("type and size"), "SHA-256")]
    images = []
    for file in files:
        name = mask_text(name_of(file), msisdn=msisdn)
        kind = f"{file.get_content_type_display()}, {filesizeformat(file.size)}"
        rows.append((name, kind, bytes(file.sha256).hex()))
        if file.content_type in IMAGES:
            images.append(PackImage(caption=name, content=_content(file)))
            del file.content_encrypted
    return [PackSection(title=_("Files"), rows=rows, widths=(0.35, 0.2, 0.45), images=images)]


def _content(file: EvidenceFile) -> bytes:
    """Nothing of one that does not open: its picture does not open either."""
    try:
        return content_of(file)
    except AttachmentUnreadable:
        return b""


def _timeline(timeline: Sequence[PackEntry], zone: ZoneInfo) -> PackSection:
    rows = [(_("time"), _("what happened"))]
    rows += [
        (_time(entry.at, zone), "\n".join(filter(None, (entry.title, entry.detail))))
        for entry in timeline[:ENTRIES_MAX]
    ]
    return PackSection(title=_("Timeline of the payment"), rows=rows, widths=(0.3, 0.7))


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    if moment is None:
        return "–"
    local = moment.astimezone(zone)
    return f"{date_format(local, 'j N Y')} {local:%H:%M:%S %Z}"
