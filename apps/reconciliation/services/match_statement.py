from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.failpoints import failpoint
from apps.core.postgresql.long_statements import long_statements
from apps.reconciliation.models import Statement
from apps.reconciliation.selectors.summarize_statement import MatchSummary
from apps.reconciliation.services.compare_statement import compare_statement
from apps.reconciliation.services.lock_matching import lock_matching


def match_statement(*, statement_id: UUID, now: datetime) -> MatchSummary:
    """Compare a statement with our attempts, both ways, and act on what differs.

    Safe to repeat: nothing is opened twice, and what no longer holds is closed, also on the
    account's other statements. Set-based: no line passes through Python. See `match_lines` for
    the lines. A succeeded attempt of the days the statement covers that no statement mentions is
    opened as unknown to them.

    Of a withdrawn statement, what its lines stood for is looked at again without them.
    """
    with transaction.atomic(), long_statements():
        statement = Statement.objects.select_related("provider_account").get(pk=statement_id)
        lock_matching(statement.provider_account_id)
        summary = compare_statement(statement, now=now)
        failpoint("statements.match.before_commit")
    failpoint("statements.match.after_commit")
    return summary
