from __future__ import annotations

from django.utils import timezone

from apps.core.public_ids import new_id
from apps.orchestration.models import Attempt, AttemptStatus
from apps.reconciliation.models import Discrepancy, Statement
from apps.reconciliation.tests.reports import foreign_line, stage
from tests.core.poison.case import enqueue, topic, unreadable_number
from tests.fakes import open_account


@topic("attempt.contradicted", spoils=("attempt",), keys=("attempt_id", "detail"))
def contradicted(world, spoilt):
    attempt_id = new_id() if spoilt else world.pay_sent().pk
    enqueue("attempt.contradicted", attempt_id=str(attempt_id), detail="succeeded, then failed")
    return lambda: Discrepancy.objects.filter(attempt_id=attempt_id).exists()


@topic("reconciliation.match_statement", spoils=("statement",), keys=("statement_id",))
def matched(world, spoilt):
    statement_id = new_id() if spoilt else stage(open_account(), foreign_line()).pk
    if spoilt:
        enqueue("reconciliation.match_statement", statement_id=str(statement_id))
    return lambda: Statement.objects.filter(
        pk=statement_id, status=Statement.Status.MATCHED
    ).exists()


@topic(
    "reconciliation.ask_provider",
    spoils=("discrepancy", "number"),
    keys=("attempt_id", "discrepancy_id"),
)
def asked(world, spoilt):
    attempt = world.pay_sent()
    if spoilt == "number":
        unreadable_number(attempt)
    discrepancy = Discrepancy.objects.create(
        kind=Discrepancy.Kind.AMOUNT_DIFFERS,
        provider_account=world.account,
        attempt_id=attempt.pk,
        currency="XAF",
        opened_at=timezone.now(),
    )
    enqueue(
        "reconciliation.ask_provider",
        attempt_id=str(attempt.pk),
        discrepancy_id=str(new_id() if spoilt == "discrepancy" else discrepancy.pk),
    )
    return lambda: Attempt.objects.get(pk=attempt.pk).status == AttemptStatus.SUCCEEDED
