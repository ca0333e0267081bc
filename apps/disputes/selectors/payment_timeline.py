"""The timeline of a disputed payment, in words, with nothing in it that may not be shown."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.disputes.models import Dispute
from apps.orchestration.admin.timeline import ShownEntry, shown_timeline
from apps.payments.models import Payment, PaymentStatus
from apps.payments.rules.payer import payer_msisdn
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing


def payment_timeline(dispute: Dispute, *, reader: Any) -> list[ShownEntry]:
    """`reader`: who of the staff sees it; None: it is taken for the evidence pack."""
    payment = dispute.payment
    return shown_timeline(
        payment.pk,
        list(payment.attempts.select_related("provider_account").order_by("id")),
        msisdn=number_of(payment),
        currency=payment.currency,
        moved=_moved,
        reader=reader,
    )


def number_of(payment: Payment) -> str:
    """The payer's number, to find it in texts and hide it there; "" when it does not open."""
    try:
        return payer_msisdn(payment)
    except (DecryptionFailed, EncryptionKeyMissing):
        return ""


def _moved(status: str, source: str) -> str:
    return _("Payment: %(status)s (%(source)s)") % {
        "status": PaymentStatus(status).label,
        "source": source,
    }
