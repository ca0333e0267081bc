from __future__ import annotations

from django.db.models import Q

from apps.payments.models import ASKS_PAYER, PaymentState, PaymentStatus


def payments_of_status(status: str) -> Q:
    """Payments of this status, of all merchants: a rare one is found by an index of its own."""
    if status == PaymentStatus.SUCCEEDED or status not in PaymentStatus:
        return Q(status=status)
    states = PaymentState.objects.filter(status=status)
    if status in ASKS_PAYER:
        # As long as it asks, it expires.
        states = states.filter(expires_at__isnull=False)
    return Q(pk__in=states.values("payment_id"))
