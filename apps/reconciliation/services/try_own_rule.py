from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.reconciliation.models import Statement, StatementLine
from apps.reconciliation.rules.rule_terms import RuleTerms
from apps.reconciliation.selectors.latest_statements import latest_statements
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.lock_own_transfers import lock_own_transfers
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.save_own_rule import save_own_rule
from apps.reconciliation.services.try_plan import TRIED_LINES_MAX

# As many as a person reads.
SHOWN_MAX = 20

Pass = StatementLine.Pass


@dataclass(frozen=True, slots=True)
class TriedRule:
    """What a rule would do today.

    `pairs`: the lines that leave and come in that it would find, the first ones of `count`.
    `alone`: how many lines would wait for their other side, or have an owner; `several`: how many
    could have more than one, and are left to a person.
    """

    pairs: list[tuple[StatementLine, StatementLine]]
    count: int
    alone: int
    several: int


def try_own_rule(*, terms: RuleTerms, now: datetime) -> TriedRule:
    """Look at all that is open of the rule's two accounts as if it held, and take all of it back.

    Raises:
        OwnTransferRuleInvalid: see save_own_rule.
        MatchingUnderWay: somebody is matching a report of one of the accounts, or transfers
            between other accounts of ours.
    """
    accounts = sorted([terms.from_account_id, terms.to_account_id])
    with transaction.atomic():
        if not (
            all(lock_matching(account_id, wait=False) for account_id in accounts)
            and lock_own_transfers(accounts[0], wait=False)
        ):
            raise MatchingUnderWay(
                _("A report of this account is being matched. Try again in a minute.")
            )
        save_own_rule(terms=terms, now=now)
        of_both = StatementLine.objects.filter(
            statement__provider_account__in=accounts,
            statement__status=Statement.Status.MATCHED,
            match=StatementLine.Match.EXCEPTION,
        )
        several = of_both.filter(reason=StatementLine.Reason.SEVERAL_CANDIDATES)
        several_before = several.count()
        known = set(_found(terms).values_list("pk", flat=True))
        for statement in latest_statements(accounts, lines_max=TRIED_LINES_MAX):
            match_statement(statement_id=statement.pk, now=now)
        fresh = _found(terms).exclude(pk__in=known).select_related("statement__provider_account")
        shown = list(fresh.order_by("occurred_at", "pk")[:SHOWN_MAX])
        others = StatementLine.objects.select_related("statement__provider_account").in_bulk(
            [line.settlement_line_id for line in shown]
        )
        awaited = of_both.filter(reason=StatementLine.Reason.NO_OTHER_SIDE, our_value=terms.name)
        found = TriedRule(
            pairs=[(line, others[line.settlement_line_id]) for line in shown],
            count=fresh.count(),
            alone=awaited.count(),
            several=max(several.count() - several_before, 0),
        )
        transaction.set_rollback(True)
    return found


def _found(terms: RuleTerms) -> QuerySet[StatementLine]:
    """What rules found that left the first of its accounts."""
    return StatementLine.objects.filter(
        statement__provider_account=terms.from_account_id, matched_by=Pass.OWN_RULE
    )
