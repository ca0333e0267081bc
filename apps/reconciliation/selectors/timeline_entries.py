"""What reconciliation knows of the attempts of a payment, a refund, a payout."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import EXPONENTS, Money
from apps.orchestration.models import Attempt
from apps.orchestration.selectors.read_timeline import TimelineEntry
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.shown_detail import shown_detail


def timeline_entries(owner_id: UUID) -> list[TimelineEntry]:
    """Statement lines and discrepancies of its attempts. Three queries."""
    attempts = list(Attempt.objects.filter(owner_id=owner_id).values_list("pk", flat=True))
    lines = StatementLine.objects.filter(attempt_id__in=attempts).select_related("statement")
    discrepancies = Discrepancy.objects.filter(attempt_id__in=attempts)
    entries = [
        TimelineEntry(
            # The provider's time; without one, when its report came.
            at=line.occurred_at or line.statement.created_at,
            kind="statement",
            title=_("Statement line: %(match)s") % {"match": _match(line)},
            detail=_money(line.amount, line.currency),
            data={"statement": line.statement.public_id, "line": line.line_number},
        )
        for line in lines
    ]
    entries += [
        TimelineEntry(
            at=discrepancy.opened_at,
            kind="discrepancy",
            title=_("Discrepancy, %(status)s: %(kind)s")
            % {
                "status": discrepancy.get_status_display(),
                "kind": discrepancy.get_kind_display(),
            },
            detail=discrepancy.resolution or shown_detail(discrepancy),
            data={"id": discrepancy.public_id},
        )
        for discrepancy in discrepancies
    ]
    return entries


def _match(line: StatementLine) -> str:
    if line.statement.status == Statement.Status.WITHDRAWN:
        return line.statement.get_status_display()
    return line.get_match_display()


def _money(amount: int | None, currency: str) -> str:
    return str(Money(amount, currency)) if amount is not None and currency in EXPONENTS else ""
