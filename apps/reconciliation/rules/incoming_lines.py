"""SQL of a report's lines while they are read: in a table of the transaction's own.

They are written where they stay once, when it is known how they stand.
"""

from __future__ import annotations

TABLE = "incoming_line"

# What all lines of the report have alike is no part of what is copied.
MAKE = (
    f"DROP TABLE IF EXISTS pg_temp.{TABLE}",
    f"CREATE TEMP TABLE {TABLE} (LIKE reconciliation_statementline INCLUDING DEFAULTS)"
    " ON COMMIT DROP",
    f"ALTER TABLE {TABLE} ALTER match SET DEFAULT 'waiting',"
    " ALTER statement_id SET DEFAULT '{statement_id}'",
)

COPIED = """id, line_number, reference, provider_reference, amount, fee, currency, outcome,
       operation, occurred_at, problem, raw, merchant_reference, number_index,
       settlement_reference"""

COPY = f"COPY {TABLE} ({COPIED}) FROM STDIN"

_COLUMNS = f"statement_id, {COPIED}"

# As they came, to be matched later.
KEEP_WAITING = f"""
INSERT INTO reconciliation_statementline (match, {_COLUMNS}) SELECT match, {_COLUMNS} FROM {TABLE}
"""  # noqa: S608 (our own columns)

# The plain ones with their match; the others wait for the comparison in this transaction.
KEEP_PLAIN_MATCHED = f"""
INSERT INTO reconciliation_statementline (match, attempt_id, pass, {_COLUMNS})
SELECT CASE WHEN p.plain_id IS NULL THEN 'waiting' ELSE 'matched' END, p.plain_attempt_id,
       COALESCE(p.plain_pass, ''), {_COLUMNS}
  FROM {TABLE} l
  LEFT JOIN (SELECT id, attempt_id, pass FROM matching_named WHERE is_plain)
            p (plain_id, plain_attempt_id, plain_pass)
    ON p.plain_id = l.id
"""  # noqa: S608 (our own columns)
