from __future__ import annotations

import hashlib
import json

from django.db import connection

from apps.core.json_format import instant_as_json
from apps.payout_batches.models import PayoutBatch

# Line by line first, so that what is put together stays short.
LINES = """
SELECT encode(sha256(COALESCE(string_agg(sha256(convert_to((jsonb_build_array(
           number, status, amount, country, operator, encode(payee_msisdn_index, 'hex'),
           encode(payee_name_encrypted, 'hex'), merchant_reference, description)
           || CASE WHEN c.id IS NULL THEN '[]'
                   ELSE jsonb_build_array(result, score, confirmed_by, confirmation_reason)
               END
           || CASE WHEN fee = 0 AND fee_tax = 0 THEN '[]'
                   ELSE jsonb_build_array('fee', fee, fee_tax)
               END)::text, 'UTF8')), '' ORDER BY number), '')), 'hex')
  FROM payout_batches_payoutbatchline l
  LEFT JOIN payout_batches_namecheck c ON c.id = l.id
 WHERE l.batch_id = %s
"""


def read_digest(batch: PayoutBatch) -> bytes:
    """The SHA-256 of all that an approver is shown of a batch: who is paid how much at what
    fee, what is not paid, what the rails said of their names, in which currency and mode, and when.
    One query."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [batch.pk])
        (lines,) = cursor.fetchone()
    scheduled_at = batch.scheduled_at and instant_as_json(batch.scheduled_at)
    shown = [str(batch.pk), batch.livemode, batch.currency, scheduled_at, lines]
    return hashlib.sha256(json.dumps(shown).encode()).digest()
