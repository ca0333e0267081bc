from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.reconciliation.models import Discrepancy, Statement, StatementWithdrawal
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.lock_months import lock_months
from apps.reconciliation.services.record_decision import REASON_LENGTH_MAX, ReasonMissing
from apps.vault.masked_text import reason_text


class SamePerson(DomainError):
    code = "same_person"
    status = 403
    title = "Who asks for it cannot approve it."


class StatementWithdrawn(DomainError):
    code = "statement_withdrawn"
    status = 409
    title = "This statement is withdrawn already."


@transaction.atomic
def withdraw_statement(
    *,
    statement_id: UUID,
    reason: str,
    requested_by: AbstractBaseUser,
    approved_by: AbstractBaseUser,
    now: datetime,
) -> Statement:
    """Take a report back: from now on neither its lines, its days nor its discrepancies count.

    Everything is kept as evidence. What its lines stood for is matched again without them by a
    worker, and the same file may be imported again.

    Raises:
        ReasonMissing: blank, or longer than 300 characters.
        SamePerson: requested and approved by one person.
        StatementWithdrawn: it was withdrawn before.
        MonthClosed: a day of it is of a month that two people have closed.
    """
    reason = reason_text(reason, REASON_LENGTH_MAX)
    if not reason:
        raise ReasonMissing(_("Say why, in 300 characters at most."), field="reason")
    if requested_by.pk == approved_by.pk:
        raise SamePerson(_("Who asks for it cannot approve it."))
    statement = Statement.objects.select_for_update().get(pk=statement_id)
    if statement.status == Statement.Status.WITHDRAWN:
        raise StatementWithdrawn(_("This statement is withdrawn already."))
    lock_months(statement.provider_account_id, statement.first_day, statement.day)
    statement.status = Statement.Status.WITHDRAWN
    statement.save(update_fields=["status"])
    StatementWithdrawal.objects.create(
        statement=statement,
        reason=reason,
        requested_by_id=requested_by.pk,
        approved_by_id=approved_by.pk,
        withdrawn_at=now,
    )
    closed = Discrepancy.objects.filter(statement=statement, status=Discrepancy.Status.OPEN).update(
        status=Discrepancy.Status.WITHDRAWN, closed_at=now
    )
    enqueue(MATCH_TOPIC, now=now, statement_id=str(statement.pk))
    record(
        actor=f"user:{approved_by.pk}",
        action="statement.withdraw",
        target=statement.public_id,
        detail={"reason": reason, "requested_by": f"user:{requested_by.pk}", "closed": closed},
        now=now,
    )
    return statement
