from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, Statement
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_months import lock_months

# What people decided of a fee; what is open, or agrees by now, is compared again.
SETTLED = (
    Discrepancy.Status.RESOLVED,
    Discrepancy.Status.WRITTEN_OFF,
    Discrepancy.Status.CORRECTED,
)


class CostSettled(DomainError):
    code = "cost_settled"
    status = 409
    title = "Fees of that time were decided by what was agreed until now."
    staff_words = gettext_lazy("Fees of that time were decided by what was agreed until now.")


def match_costs_again(*, account_id: UUID, since: datetime, now: datetime) -> None:
    """Another cost was agreed for an account, from a time on that is past: its reports since then
    are compared again, in the transaction of what was agreed.

    Raises:
        MatchingUnderWay: somebody is matching a report of the account.
        MonthClosed: of that time.
        CostSettled: people decided on a fee of that time.
    """
    account = ProviderAccount.objects.get(pk=account_id)
    zone = ZoneInfo(account.timezone)
    first, today = (moment.astimezone(zone).date() for moment in (since, now))
    # What is matched from here on waits for our commit, and is compared with what it says.
    if not lock_matching(account.pk, wait=False):
        raise MatchingUnderWay(
            _("A report of this account is being matched. Try again in a minute.")
        )
    lock_months(account.pk, first, today)
    decided = Discrepancy.objects.filter(
        provider_account=account,
        kind=Discrepancy.Kind.FEE_DIFFERS,
        status__in=SETTLED,
        statement__day__gte=first,
    )
    if decided.exists():
        raise CostSettled
    reports = Statement.objects.filter(
        provider_account=account, status=Statement.Status.MATCHED, day__gte=first
    )
    for statement_id in reports.order_by("day").values_list("pk", flat=True):
        enqueue(MATCH_TOPIC, now=now, statement_id=str(statement_id))
