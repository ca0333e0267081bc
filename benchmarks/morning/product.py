"""How the product is asked about a morning: by its own command, in a process of the platform."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.core.models import OutboxMessage
from apps.core.public_ids import new_id
from apps.disputes.models import Dispute
from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import Discrepancy, Statement, StatementLine
from apps.reconciliation.rules.passes import PassTerms, PlanTerms, check_plan
from apps.reconciliation.services.match_statement import match_statement
from apps.reconciliation.services.rematch_later import MATCH_TOPIC
from apps.reconciliation.services.save_plan import save_plan
from apps.statement_formats.models import StatementProfile
from apps.statement_formats.services.add_version import add_version
from benchmarks.morning.books import BASIS_POINTS, CURRENCY, ZONE_NAME, Morning
from benchmarks.morning.dialects import DIALECTS
from tests.factories import PaymentFactory, agree_cost

PLAN = (
    PassTerms("our_reference"),
    PassTerms("provider_reference"),
    PassTerms("settlement"),
    PassTerms("settlement_parts"),
    PassTerms("reversal"),
    PassTerms("own_transfer", 2),
)
REFUSALS = {
    "statement_of_other_days": "other_day",
    "statement_of_other_account": "other_account",
    "unreadable_statement": "",
}
# Of what cannot be read as a whole, by a word of its sentence.
UNREADABLE = {"empty": "empty", "add up": "sums", "account": "other_account"}
VERDICTS = {
    "unreadable_line": "unreadable",
    "unknown_to_us": "unknown",
    "amount_differs": "amount",
    "currency_differs": "currency",
    "status_differs": "status",
    "fee_differs": "fee",
    "duplicate_line": "duplicate",
    "settlement_differs": "settlement_differs",
}
BY_PASS = {
    "settlement": "settlement",
    "settlement_parts": "settlement",
    "reversal": "taken_back",
    "own_transfer": "own_transfer",
}


def verdicts_of(morning: Morning) -> list[dict[str, Any]]:
    """What the product makes of the morning's files, written as answers are, with `why`."""
    accounts = {name: _account(morning, name) for name in ("wallet", "bank")}
    attempts = _fill(morning, accounts)
    found = []
    imported: list[tuple[str, Statement]] = []
    with tempfile.TemporaryDirectory() as folder:
        for report in morning.reports:
            path = Path(folder, report.name)
            path.write_bytes(report.content)
            _give_layout(accounts[report.account], report.dialect)
            known = set(Statement.objects.values_list("pk", flat=True))
            try:
                call_command(
                    "import_statement",
                    str(path),
                    account=accounts[report.account].public_id,
                    day=report.day,
                    stdout=StringIO(),
                )
            except CommandError as refusal:
                found.append(
                    {"file": report.name, "is": _refusal(str(refusal)), "why": str(refusal)}
                )
                continue
            found.append({"file": report.name, "is": "read"})
            imported += [(report.name, one) for one in Statement.objects.exclude(pk__in=known)]
    _work(imported)
    names = {pk: name for name, pk in attempts.items()}
    for name, statement in imported:
        found += _lines(name, statement, names)
    return [*found, *_attempts(morning, attempts)]


def _account(morning: Morning, name: str) -> ProviderAccount:
    account = ProviderAccount.objects.create(
        connector="mtn_momo",
        label=f"{name} {morning.name}",
        country="CM",
        currency=CURRENCY,
        livemode=False,
        credentials_encrypted=b"",
        timezone=ZONE_NAME,
        amount_min=1,
        amount_max=1_000_000_000,
        is_active=False,
        created_at=timezone.now(),
    )
    agree_cost(account, basis_points=Decimal(BASIS_POINTS))
    save_plan(
        account_id=account.pk, terms=check_plan(PlanTerms(PLAN)), number=1, now=timezone.now()
    )
    StatementProfile.objects.create(
        name=account.label[:60],
        connector=account.connector,
        provider_account=account,
        created_at=timezone.now(),
    )
    return account


def _give_layout(account: ProviderAccount, dialect: str) -> None:
    profile = StatementProfile.objects.get(provider_account=account)
    if not profile.versions.exists():
        add_version(
            profile=profile,
            layout=DIALECTS[dialect].layout,
            after_number=0,
            requested_by="user:1",
            approved_by="user:2",
            # So that it holds already.
            now=timezone.now() - timedelta(seconds=1),
        )


def _fill(morning: Morning, accounts: dict[str, ProviderAccount]) -> dict[str, UUID]:
    """Our books, as rows. Only what is disputed needs its payment."""
    rows, ids = [], {}
    for one in morning.attempts:
        if one.disputed:
            ids[one.id] = _disputed(one, accounts[one.account])
            continue
        row = Attempt(
            owner_id=new_id(),
            owner_type={"refund": "refund", "disburse": "payout"}.get(one.kind, "payment"),
            operation=one.kind,
            amount=one.amount,
            currency=CURRENCY,
            provider_account=accounts[one.account],
            reference=UUID(one.reference),
            statement_reference=one.reference,
            provider_reference=one.provider_reference,
            status=one.status,
            created_at=one.at,
            submitted_at=one.at,
            completed_at=one.at,
        )
        ids[one.id] = row.pk
        rows.append(row)
    Attempt.objects.bulk_create(rows, batch_size=1_000)
    return ids


def _disputed(one: Any, account: ProviderAccount) -> UUID:
    payment = PaymentFactory(
        account=account,
        succeeded=True,
        amount=one.amount,
        provider_reference=one.provider_reference,
        created_at=one.at,
    )
    payment.attempts.update(reference=UUID(one.reference), statement_reference=one.reference)
    Dispute.objects.create(
        merchant=payment.merchant,
        livemode=False,
        payment=payment,
        amount=one.disputed,
        amount_lost=one.disputed,
        currency=CURRENCY,
        network="mobile_money",
        reason="fraud",
        stage="complaint",
        status="lost",
        opened_by="provider",
        evidence_due_at=one.at,
        opened_at=one.at,
        closed_at=datetime.now(UTC),
    )
    attempt_id: UUID = payment.attempts.get().pk
    return attempt_id


def _work(imported: list[tuple[str, Statement]]) -> None:
    """What a worker does with what the imports promised."""
    ours = {str(statement.pk) for _name, statement in imported}
    for _round in range(10):
        messages = OutboxMessage.objects.filter(topic=MATCH_TOPIC, payload__statement_id__in=ours)
        waiting = {message.payload["statement_id"] for message in messages}
        messages.delete()
        if not waiting:
            return
        for statement_id in sorted(waiting):
            match_statement(statement_id=UUID(statement_id), now=timezone.now())
    raise RuntimeError("the reports match each other for ever")


def _refusal(text: str) -> str:
    code, _colon, sentence = text.partition(":")
    if verdict := REFUSALS.get(code, code):
        return verdict
    return next((is_ for word, is_ in UNREADABLE.items() if word in sentence), "broken")


def _lines(name: str, statement: Statement, names: dict[UUID, str]) -> Iterator[dict[str, Any]]:
    kinds = dict(
        Discrepancy.objects.filter(statement=statement, status="open", line__isnull=False)
        .order_by("opened_at")
        .values_list("line_id", "kind")
    )
    lines = StatementLine.objects.filter(statement=statement).order_by("line_number")
    for number, line in enumerate(lines, 1):
        verdict: dict[str, Any] = {"file": name, "line": number, "is": line.match}
        if line.match == StatementLine.Match.MATCHED:
            verdict["is"] = BY_PASS.get(line.matched_by, "matched")
            verdict["why"] = line.matched_by
        elif line.match == StatementLine.Match.SEEN_BEFORE:
            verdict["is"] = "repeated"
        elif line.match == StatementLine.Match.EXCEPTION:
            verdict["is"] = VERDICTS[kinds[line.pk]]
            verdict["why"] = line.problem or line.reason
        if line.attempt_id:
            verdict["attempt"] = names[line.attempt_id]
        yield verdict


def _attempts(morning: Morning, attempts: dict[str, UUID]) -> Iterator[dict[str, Any]]:
    missing: dict[UUID, str] = defaultdict(str)
    missing |= Discrepancy.objects.filter(
        attempt_id__in=attempts.values(), kind="unknown_to_them", status="open"
    ).values_list("attempt_id", "kind")
    for one in morning.attempts:
        if one.status == "succeeded":
            why = missing.get(attempts[one.id], "")
            yield {"attempt": one.id, "is": "missing" if why else "reported", "why": why}
