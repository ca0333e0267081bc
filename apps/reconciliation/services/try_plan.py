from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext as _

from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Statement, StatementLine
from apps.reconciliation.rules.passes import PlanTerms, check_plan
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_own_transfers import lock_own_transfers
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.save_plan import save_plan

# Matched in seconds: a person waits for it.
TRIED_LINES_MAX = 100_000


@dataclass(frozen=True, slots=True)
class TriedPlan:
    """A report as it is matched now, and as it would be.

    `before` and `after` count its lines by (match, pass, reason).
    """

    statement: Statement
    before: Counter[tuple[str, str, str]]
    after: Counter[tuple[str, str, str]]


def try_plan(*, account: ProviderAccount, terms: PlanTerms, now: datetime) -> TriedPlan | None:
    """Match the account's latest report by this plan and take all of it back.

    None: it has no report of so few lines.

    Raises:
        MatchingPlanInvalid: it cannot be a plan.
        MatchingUnderWay: somebody is matching a report of the account, or, if it has own transfers,
            those of others.
    """
    check_plan(terms)
    statement = (
        account.statements.filter(
            status=Statement.Status.MATCHED, lines_read__lte=TRIED_LINES_MAX, lines_read__gt=0
        )
        .order_by("-day", "-created_at")
        .first()
    )
    if statement is None:
        return None
    with transaction.atomic():
        is_free = lock_matching(account.pk, wait=False)
        if is_free:
            before = _counts(statement)
            number = matching_plan(account.pk).number + 1
            save_plan(account_id=account.pk, terms=terms, number=number, now=now)
            is_free = lock_own_transfers(account.pk, wait=False)
        if not is_free:
            raise MatchingUnderWay(
                _("A report of this account is being matched. Try again in a minute.")
            )
        match_statement(statement_id=statement.pk, now=now)
        after = _counts(statement)
        transaction.set_rollback(True)
    return TriedPlan(statement, before, after)


def _counts(statement: Statement) -> Counter[tuple[str, str, str]]:
    return Counter(
        {
            (match, code, reason): count
            for match, code, reason, count in StatementLine.objects.filter(statement=statement)
            .order_by("match", "matched_by", "reason")
            .values_list("match", "matched_by", "reason")
            .annotate(Count("id"))
        }
    )
