from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from apps.core.money import EXPONENTS, Money
from apps.reconciliation.models import Discrepancy, Statement
from apps.reconciliation.selectors.summarize_statement import MatchSummary
from apps.reconciliation.services.match_statement import match_statement


def tell_statement(
    statement: Statement, summary: MatchSummary | None = None, *, now: datetime
) -> Iterator[str]:
    """Say in lines what came of a statement's matching and what does not agree; matches it, unless
    the summary of that is given."""
    summary = summary or match_statement(statement_id=statement.pk, now=now)
    yield (
        f"{statement.public_id} {statement.day} lines={summary.lines} "
        f"matched={summary.matched} seen_before={summary.seen_before} "
        f"superseded={summary.superseded} broken={statement.lines_broken} "
        # What is open now: a worker may have been quicker, and opened it all.
        f"open={sum(summary.exceptions.values())} repaired={summary.repaired} "
        f"asked={summary.asked}"
    )
    for discrepancy in (
        Discrepancy.objects.filter(statement=statement, status=Discrepancy.Status.OPEN)
        .select_related("line")
        .order_by("line__line_number", "id")
        .iterator()
    ):
        yield _sentence(discrepancy)


def _sentence(discrepancy: Discrepancy) -> str:
    line = discrepancy.line
    words = [f"line {line.line_number}:" if line else "no line:", discrepancy.kind]
    if discrepancy.our_amount is not None:
        words.append(f"ours {_money(discrepancy.our_amount, discrepancy.currency)}")
    if discrepancy.their_amount is not None:
        words.append(f"theirs {_money(discrepancy.their_amount, discrepancy.currency)}")
    if discrepancy.detail:
        words.append(f"({discrepancy.detail})")
    if line:
        words.append(line.provider_reference or line.reference)
    else:
        words.append(str(discrepancy.attempt_id))
    return " ".join(word for word in words if word)


def _money(amount: int, currency: str) -> str:
    # A report may name a currency we do not know.
    return str(Money(amount, currency)) if currency in EXPONENTS else f"{amount} {currency}"
