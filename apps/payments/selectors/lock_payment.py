from __future__ import annotations

from uuid import UUID

from apps.orchestration.models import Attempt
from apps.orchestration.selectors.load_attempts import lock_cases
from apps.payments.models import Payment


def lock_payment(payment_id: UUID) -> tuple[Payment, list[Attempt]]:
    """A payment and all its attempts, oldest first, locked as the engine locks them.

    Raises:
        Payment.DoesNotExist: there is none.
    """
    for case in lock_cases([("payment", payment_id)]):
        return case.row, case.attempts
    raise Payment.DoesNotExist(str(payment_id))
