"""Who reckons again where a cost was agreed from a time on that is past; each may refuse it.

Fees know none of them: called with account_id, since and now.
"""

from __future__ import annotations

from apps.reconciliation.services.match_costs_again import match_costs_again
from apps.reporting.services.count_costs_again import count_costs_again

COST_DATED_BACK = (match_costs_again, count_costs_again)
