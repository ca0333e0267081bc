from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.work.outbox import wake_on_commit
from apps.payout_batches.due_work import NAMES_TOPIC
from apps.payout_batches.models import NameCheck, PayoutBatch
from apps.payout_batches.selectors.sum_rails import sum_rails
from apps.providers.contract import Operation
from apps.providers.registry import checks_payees, profile_of
from apps.providers.selectors.accounts import accounts_of

# A hundred a second: between the names of a long list those of a short one have their turn.
PACE_MS = 10
OPEN = """
INSERT INTO payout_batches_namecheck
       (id, batch_id, result, tries, due_at, opened_at,
        rail_name_masked, corrected_by, confirmed_by, confirmation_reason)
SELECT id, batch_id, 'waiting', 0, turn, turn, '', %(corrected_by)s, '', ''
  FROM (SELECT l.id, l.batch_id,
               %(now)s + interval '1 millisecond' * %(pace_ms)s
                         * (row_number() OVER (ORDER BY number) - 1) AS turn
          FROM payout_batches_payoutbatchline l
          JOIN unnest(%(countries)s::text[], %(operators)s::text[]) AS rail (country, operator)
            ON rail.country = l.country AND rail.operator = l.operator
         WHERE l.batch_id = %(batch)s AND l.status = 'ready' AND l.payee_name_encrypted IS NOT NULL
           AND (%(lines)s::uuid[] IS NULL OR l.id = ANY(%(lines)s))) named
"""


def open_name_checks(
    batch: PayoutBatch,
    *,
    line_ids: Collection[UUID] | None = None,
    corrected_by: str = "",
    now: datetime,
) -> None:
    """Have the rails asked whose wallets the ready lines of a locked draft pay, where they have a
    name and the rail can be asked; what was known of these lines is forgotten.

    Within the caller's transaction; three statements, whatever the number of lines.

    Args:
        line_ids: of those that changed; None for all of the batch.
        corrected_by: who changed them: she does not confirm them.
    """
    known = NameCheck.objects.filter(batch=batch)
    (known if line_ids is None else known.filter(pk__in=line_ids)).delete()
    rails = [
        (row["country"], row["operator"])
        for row in sum_rails(batch.pk)
        if _can_be_asked(batch, row["country"], row["operator"])
    ]
    if not rails:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN,
            {
                "batch": batch.pk,
                "lines": None if line_ids is None else list(line_ids),
                "corrected_by": corrected_by,
                "countries": [country for country, _ in rails],
                "operators": [operator for _, operator in rails],
                "now": now,
                "pace_ms": PACE_MS,
            },
        )
    wake_on_commit(NAMES_TOPIC)


def _can_be_asked(batch: PayoutBatch, country: str, operator: str) -> bool:
    return any(
        account.country == country
        and Operation.DISBURSE in account.operations
        and checks_payees(account.connector)
        and (profile := profile_of(account.connector, Operation.DISBURSE)) is not None
        and operator in profile.operators
        for account in accounts_of(batch.merchant_id, livemode=batch.livemode)
    )
