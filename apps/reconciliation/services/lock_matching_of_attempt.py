from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.reconciliation.models import StatementLine
from apps.reconciliation.services.lock_matching import lock_matching


class MatchingUnderWay(DomainError):
    code = "matching_under_way"
    status = 409
    title = "A report of this account is being matched. Try again in a minute."


def lock_matching_of_attempt(*, attempt_id: UUID) -> None:
    """Take the right to compare an attempt's statement lines, until the transaction ends.

    Called before the payment is locked: nobody waits for the payment while a long report is
    matched.

    Raises:
        MatchingUnderWay: somebody is matching a report of their account.
    """
    accounts = (
        StatementLine.objects.filter(attempt_id=attempt_id)
        .order_by("statement__provider_account_id")
        .values_list("statement__provider_account_id", flat=True)
        .distinct()
    )
    for account_id in accounts:
        if not lock_matching(account_id, wait=False):
            raise MatchingUnderWay(
                _("A report of this account is being matched. Try again in a minute.")
            )
