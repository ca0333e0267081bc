"""What a statement's lines say, as one value."""

from __future__ import annotations

# Where the audit trail has it. What was staged before is kept under the other name, and is counted
# in the other way.
DIGEST, FORMER_DIGEST = "lines_md5", "lines_digest"

# What identifies the content of a line `l`: as it is sent, which is quicker than as text, and says
# where each value begins. The types are named, so that it stays the same if a column's changes.
_OF_LINE = """
('x' || left(md5(record_send(ROW(
    l.line_number::bigint, l.reference::text, l.provider_reference::text, l.amount::bigint,
    l.fee::bigint, l.currency::text, l.outcome::text, l.occurred_at::timestamptz, l.problem::text,
    l.raw::text, l.merchant_reference::text, l.number_index::bytea,
    l.settlement_reference::text))), 16))::bit(64)::bigint
"""

_FORMER_OF_LINE = """
('x' || left(md5(ROW(l.line_number, l.reference, l.provider_reference, l.amount, l.fee,
                     l.currency, l.outcome, extract(epoch FROM l.occurred_at), l.problem,
                     l.raw)::text
                 || CASE WHEN l.merchant_reference <> '' OR l.settlement_reference <> ''
                              OR l.number_index IS NOT NULL
                         THEN ROW(l.merchant_reference, l.number_index,
                                  l.settlement_reference)::text
                         ELSE '' END), 16))::bit(64)::bigint
"""

# Of lines in whatever order.
LINES_DIGEST = f"sum({_OF_LINE})::text"


def lines_digest(*, is_former: str) -> str:
    """SQL: the same of lines some of which were staged in the former way, as this SQL says."""
    return f"sum(CASE WHEN {is_former} THEN {_FORMER_OF_LINE} ELSE {_OF_LINE} END)::text"
