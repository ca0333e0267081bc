from __future__ import annotations

import hashlib
import json

from django.db import connection

from apps.core.json_format import instant_as_json
from apps.payout_batches.models import PayoutBatch

# Line by line first, so that what is put together stays short.
LINES = """
SELECT encode(sha256(COALESCE(string_agg(sha256(convert_to(jsonb_build_array(
           number, status, amount, country, operator, encode(payee_msisdn_index, 'hex'),
           encode(payee_name_encrypted, 'hex'), merchant_reference, description)::text, 'UTF8')),
           '' ORDER BY number), '')), 'hex')
  FROM payout_batches_payoutbatchline WHERE batch_id = %s
"""


def read_digest(batch: PayoutBatch) -> bytes:
    """The SHA-256 of all that an approver is shown of a batch: who is paid how much, what is not
    paid, in which currency and mode, and when. One query."""
    with connection.cursor() as cursor:
        cursor.execute(LINES, [batch.pk])
        (lines,) = cursor.fetchone()
    scheduled_at = batch.scheduled_at and instant_as_json(batch.scheduled_at)
    shown = [str(batch.pk), batch.livemode, batch.currency, scheduled_at, lines]
    return hashlib.sha256(json.dumps(shown).encode()).digest()
