from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum
from django.db.models.functions import Abs

from apps.core.postgresql.long_statements import long_statements
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import FeeFigures, Statement
from apps.reconciliation.rules.counted_fees import HAS_FEE, OPERATION

# A simulation reads lines: so many within seconds.
SIMULATED_LINES_MAX = 2_000_000
REPORTS_MAX = 20
AMOUNT_MAX = 10**15

# Halves up, as what was agreed is reckoned.
SIMULATE = f"""
SELECT s.provider_account_id, {OPERATION} AS operation, l.currency,
       sum(LEAST(GREATEST((abs(l.amount) * %(basis_points)s + 5000) / 10000 + %(fixed)s,
                          %(lowest)s), %(highest)s))
  FROM reconciliation_statementline l
  JOIN reconciliation_statement s ON s.id = l.statement_id
  LEFT JOIN payments_attempt a ON l.operation = '' AND a.id = l.attempt_id
 WHERE l.statement_id = ANY(%(statements)s) AND {HAS_FEE}
 GROUP BY 1, 2, 3
"""  # noqa: S608 (our own conditions)


@dataclass(frozen=True, slots=True)
class FeeRule:
    """A fee of each movement: basis points of its amount and a fixed part, within bounds. In minor
    units; `highest` None: no bound."""

    basis_points: int
    fixed: int = 0
    lowest: int = 0
    highest: int | None = None


@dataclass(frozen=True, slots=True)
class FeeRow:
    """What an account charged for an operation in one currency, in minor units.

    `agreed` is None where nothing was agreed for any of it; `agreed_charged` is what was charged
    for the part for which something was. `simulated` is what another rule would have given.
    """

    account_id: UUID
    account: str
    operation: str
    currency: str
    lines: int
    differing: int
    amount: int
    charged: int
    agreed: int | None
    agreed_charged: int
    simulated: int | None = None

    @property
    def difference(self) -> int | None:
        """Above zero: too much was charged."""
        return None if self.agreed is None else self.agreed_charged - self.agreed

    @property
    def share_basis_points(self) -> int | None:
        """Of the difference, in what was agreed."""
        if self.difference is None or not self.agreed:
            return None
        return round(10_000 * self.difference / self.agreed)


@dataclass(frozen=True, slots=True)
class FeeVariance:
    """`reports`: those whose fees differ most. `too_many`: lines that are too many to simulate."""

    rows: Sequence[FeeRow]
    reports: Sequence[FeeFigures]
    uncounted: int
    too_many: int = 0


def read_fee_variance(
    accounts: QuerySet[ProviderAccount],
    figures: QuerySet[FeeFigures],
    *,
    first: date,
    operation: str = "",
    simulated: FeeRule | None = None,
) -> FeeVariance:
    """What providers charged by the statements from a day on, beside what was agreed.

    Over a row for each statement and operation. A simulation alone reads lines, and says where they
    are too many; its result is exact.
    """
    labels = dict(accounts.values_list("pk", "label"))
    counted = figures.filter(
        statement__status=Statement.Status.MATCHED,
        statement__provider_account__in=list(labels),
        day__gte=first,
    )
    if operation:
        counted = counted.filter(operation=operation)
    rows = [
        FeeRow(account_id, labels[account_id], *rest)
        for account_id, *rest in counted.order_by()
        .values_list("statement__provider_account", "operation", "currency")
        .annotate(
            Sum("lines"),
            Sum("differing"),
            Sum("amount"),
            Sum("charged"),
            Sum("expected"),
            agreed_charged=Sum("charged", filter=Q(expected__isnull=False), default=0),
        )
    ]
    rows.sort(key=lambda row: (row.account, str(row.account_id), row.operation, row.currency))
    too_many = 0
    if simulated is not None and rows:
        lines = sum(row.lines for row in rows)
        if lines > SIMULATED_LINES_MAX:
            too_many = lines
        else:
            found = _simulate(counted, simulated)
            rows = [
                replace(row, simulated=found.get((row.account_id, row.operation, row.currency), 0))
                for row in rows
            ]
    return FeeVariance(
        rows=rows,
        reports=list(
            counted.filter(differing__gt=0)
            .select_related("statement__provider_account")
            .order_by(Abs(F("charged") - F("expected")).desc(), "pk")[:REPORTS_MAX]
        ),
        uncounted=counted.filter(statement__figures__changed_at__isnull=False)
        .values("statement")
        .distinct()
        .count(),
        too_many=too_many,
    )


def _simulate(counted: QuerySet[FeeFigures], rule: FeeRule) -> dict[tuple[UUID, str, str], int]:
    statements = list(counted.order_by().values_list("statement", flat=True).distinct())
    with transaction.atomic(), long_statements(), connection.cursor() as cursor:
        cursor.execute(
            SIMULATE,
            {
                "statements": statements,
                "basis_points": rule.basis_points,
                "fixed": rule.fixed,
                "lowest": rule.lowest,
                "highest": AMOUNT_MAX if rule.highest is None else rule.highest,
            },
        )
        # A sum of what is tried may be more than any sum of money that is kept.
        return {
            (account, operation, currency): int(fee) for account, operation, currency, fee in cursor
        }
