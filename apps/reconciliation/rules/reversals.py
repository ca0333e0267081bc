"""SQL: which payment a line takes back, and what our books have of it."""

from __future__ import annotations

# How a line names a payment of its account. One condition each, so that each has its index.
NAMES_A_PAYMENT = (
    "{attempt}.statement_reference = {line}.reference AND {line}.reference <> ''",
    "{attempt}.provider_reference = {line}.provider_reference AND {line}.provider_reference <> ''",
)

# A dispute `d` whose money is held or gone.
DISPUTED = "d.payment_id = {payment} AND d.status NOT IN ('won', 'withdrawn')"
