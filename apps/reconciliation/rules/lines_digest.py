"""What a statement's lines say, as one value."""

from __future__ import annotations

# What identifies the content of a statement's lines `l`, whatever their order.
# What was added later is in it where a line has it.
LINES_DIGEST = """
sum(('x' || left(md5(ROW(l.line_number, l.reference, l.provider_reference, l.amount, l.fee,
                         l.currency, l.outcome, extract(epoch FROM l.occurred_at), l.problem,
                         l.raw)::text
                     || CASE WHEN l.merchant_reference <> '' OR l.settlement_reference <> ''
                                  OR l.number_index IS NOT NULL
                             THEN ROW(l.merchant_reference, l.number_index,
                                      l.settlement_reference)::text
                             ELSE '' END), 16))::bit(64)::bigint)::text
"""
