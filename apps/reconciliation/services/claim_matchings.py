"""Where the reports that are to be matched wait."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.core.work import outbox
from apps.core.work.outbox import ClaimedMessage, OutboxTopic
from apps.reconciliation.services.lock_matching import KEY
from apps.reconciliation.services.rematch_later import MATCH_TOPIC

# Whoever has the right keeps it until its transaction ends; here that is this statement.
ACCOUNTS = """
SELECT id, provider_account_id,
       pg_try_advisory_xact_lock(hashtextextended(%s || provider_account_id, 0))
  FROM reconciliation_statement WHERE id = ANY(%s)
"""


class PromisedMatchings(OutboxTopic):
    """The due work of MATCH_TOPIC, as `claim_matchings` takes it."""

    def claim(self, *, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedMessage]:
        return claim_matchings(limit=limit, now=now, done=done)


PROMISED_MATCHINGS = PromisedMatchings(MATCH_TOPIC)


def claim_matchings(*, limit: int, now: datetime, done: Sequence[UUID]) -> list[ClaimedMessage]:
    """Take reports that are to be matched, as `outbox.claim` does, one of an account at a time.

    The others are put off, and so is one whose account is just being matched, by an import or by
    this very promise, whose lease has ended: waiting they would hold the few threads from all other
    accounts, for minutes.
    """
    messages = outbox.claim(MATCH_TOPIC, limit=limit, now=now, done=done)
    if not messages:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ACCOUNTS, [KEY, list(filter(None, map(_statement_of, messages)))])
        accounts = {pk: (account, is_free) for pk, account, is_free in cursor.fetchall()}
    taken: list[ClaimedMessage] = []
    put_off: list[UUID] = []
    seen = set[UUID]()
    for message in sorted(messages, key=lambda one: one.id):
        # Of what is no statement the handler says so.
        account, is_free = accounts.get(_statement_of(message), (message.id, True))
        if is_free and account not in seen:
            taken.append(message)
        else:
            put_off.append(message.id)
        seen.add(account)
    if put_off:
        outbox.put_off(put_off, now=now)
    return taken


def _statement_of(message: ClaimedMessage) -> UUID | None:
    try:
        return UUID(message.payload["statement_id"])
    except (KeyError, ValueError, AttributeError, TypeError):
        return None
