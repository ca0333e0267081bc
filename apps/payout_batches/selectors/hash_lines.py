from __future__ import annotations

from uuid import UUID

from django.db import connection

# By payee and amount, so that the order of the file does not matter.
SQL = """
SELECT sha256(string_agg(payee_msisdn_index || int8send(amount), ''::bytea
                         ORDER BY payee_msisdn_index, amount))
  FROM payout_batches_payoutbatchline WHERE batch_id = %s AND status = 'ready'
"""


def hash_lines(batch_id: UUID) -> bytes | None:
    """A digest of who is to be paid how much, whatever their order; None of no line. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, [batch_id])
        (digest,) = cursor.fetchone()
    return bytes(digest) if digest is not None else None
