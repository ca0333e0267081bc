"""What a key may do. A view names the scope each of its methods needs."""

from __future__ import annotations

PAYMENTS_READ = "payments:read"
PAYMENTS_WRITE = "payments:write"
BALANCE_READ = "balance:read"

ALL = (PAYMENTS_READ, PAYMENTS_WRITE, BALANCE_READ)
