"""What a support ticket may be about. A new kind of thing is one line here."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext_lazy as _

from apps.support_tickets.rules.subjects import SubjectKind

TICKET_SUBJECTS: Mapping[str, SubjectKind] = {
    "payment": SubjectKind("pay", "payments.Payment", _("payment")),
    "refund": SubjectKind("ref", "refunds.Refund", _("refund")),
    "payout": SubjectKind("po", "payouts.Payout", _("payout")),
    "dispute": SubjectKind("dis", "disputes.Dispute", _("dispute")),
    "discrepancy": SubjectKind(
        "dsc",
        "reconciliation.Discrepancy",
        _("discrepancy"),
        merchant="provider_account__merchant_id",
        livemode="provider_account__livemode",
        is_for_customers=False,
    ),
}
