from __future__ import annotations

import logging
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Q

from apps.providers.contract import ReadsStatements
from apps.providers.models import ProviderAccount
from apps.providers.registry import CONNECTORS
from apps.reconciliation.rules.new_id import NEW_ID
from apps.reconciliation.services.lock_matching import lock_matching
from apps.statement_formats.models import StatementProfileVersion
from apps.statement_formats.rules.layout import Format

# Reports come in the night. What has not come by this hour of the next morning is asked after.
DUE_HOUR = 9

# From the first day with money or a report. A closed account owes the days on which it had money.
OPEN_MISSING = f"""
INSERT INTO reconciliation_discrepancy
       (id, kind, status, provider_account_id, day, currency, detail, resolution, opened_at)
SELECT {NEW_ID}, 'missing_statement', 'open', %(account_id)s, due.day, '', '', '', %(now)s
  FROM (SELECT LEAST((SELECT (min(completed_at) AT TIME ZONE %(zone)s)::date
                        FROM payments_attempt
                       WHERE provider_account_id = %(account_id)s AND status = 'succeeded'),
                     (SELECT min(day) FROM reconciliation_statementday
                       WHERE provider_account_id = %(account_id)s)) AS day) begun
  JOIN LATERAL (SELECT day::date
                  FROM generate_series(begun.day::timestamp, %(last_day)s::timestamp,
                                       interval '1 day') day) due ON true
 WHERE NOT EXISTS (SELECT FROM reconciliation_statementday c
                     JOIN reconciliation_statement s ON s.id = c.statement_id
                    WHERE c.provider_account_id = %(account_id)s AND c.day = due.day
                      AND c.is_whole AND s.status = 'matched')
   AND NOT EXISTS (SELECT FROM reconciliation_discrepancy d
                    WHERE d.provider_account_id = %(account_id)s
                      AND d.kind = 'missing_statement' AND d.day = due.day
                      AND d.status IN ('open', 'resolved'))
   AND (%(is_active)s
        OR EXISTS (SELECT FROM payments_attempt a
                    WHERE a.provider_account_id = %(account_id)s AND a.status = 'succeeded'
                      AND a.completed_at >= (due.day::timestamp AT TIME ZONE %(zone)s)
                      AND a.completed_at < ((due.day + 1)::timestamp AT TIME ZONE %(zone)s)))
    ON CONFLICT DO NOTHING
"""  # noqa: S608

logger = logging.getLogger(__name__)


def open_missing_statements(*, now: datetime) -> int:
    """Open a discrepancy for each day whose report should have come and has not; answers how many.

    A day is due at nine the next morning, in the account's zone. Only accounts whose reports we
    can read are looked at, each alone. Safe to repeat. The report, when it comes, closes it.
    """
    opened = 0
    readable = [
        code
        for code, (_, connector) in CONNECTORS.items()
        if issubclass(connector, ReadsStatements)
    ]
    by_profile = StatementProfileVersion.objects.filter(valid_until=None).exclude(
        layout__format=Format.CONNECTOR
    )
    accounts = ProviderAccount.objects.filter(
        Q(connector__in=readable)
        | Q(pk__in=by_profile.values("profile__provider_account"))
        | Q(
            connector__in=by_profile.filter(profile__provider_account=None).values(
                "profile__connector"
            )
        )
    )
    for account in accounts.order_by("pk"):
        try:
            opened += open_missing(account, now)
        except Exception:
            # One account with an impossible zone must not hide the others' missing days.
            logger.exception(
                "missing statements not looked for", extra={"account_id": str(account.pk)}
            )
    return opened


@transaction.atomic
def open_missing(account: ProviderAccount, now: datetime) -> int:
    """Of one account; 0 also where somebody is matching its reports."""
    if not lock_matching(account.pk, wait=False):
        # A report is just being matched; the next look sees what it left.
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            OPEN_MISSING,
            {
                "account_id": account.pk,
                "zone": account.timezone,
                "is_active": account.is_active,
                "last_day": last_due_day(account, now),
                "now": now,
            },
        )
        return int(cursor.rowcount)


def last_due_day(account: ProviderAccount, now: datetime) -> date:
    """The newest day of its zone whose report should have come."""
    local = now.astimezone(ZoneInfo(account.timezone))
    return (local - timedelta(hours=DUE_HOUR)).date() - timedelta(days=1)
