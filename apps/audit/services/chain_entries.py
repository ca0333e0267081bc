from __future__ import annotations

from django.db import connection, transaction

from apps.audit.chain import CONTENT, GENESIS, entries, link_hash, next_position
from apps.audit.selectors.read_head import read_head

# Any number nobody else uses: "audit" on a telephone's keys.
LOCK = 28348


def chain_entries(*, limit: int = 10_000) -> int:
    """Append up to `limit` unchained entries, in id order, to the chain. Returns how many.

    0 also when another process is chaining: two would give one position twice.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        head = read_head()
        position, previous = (head.position, head.chain_hash) if head else (0, GENESIS)
        waiting = entries().filter(position__isnull=True).order_by("id")
        links = []
        for content in waiting.values_list(*CONTENT)[:limit]:
            position = next_position(position, content)
            previous = link_hash(previous, position, content)
            links.append((content[0], position, previous))
        if links:
            cursor.execute(
                """
                UPDATE audit_auditentry
                   SET position = link.position, chain_hash = link.hash
                  FROM unnest(%s::bigint[], %s::bigint[], %s::bytea[]) AS link(id, position, hash)
                 WHERE audit_auditentry.id = link.id
                """,
                [list(column) for column in zip(*links, strict=True)],
            )
        return len(links)
