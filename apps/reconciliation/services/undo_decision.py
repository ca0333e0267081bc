from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.failpoints import failpoint
from apps.reconciliation.models import Discrepancy, DiscrepancyEvent, HandMatch
from apps.reconciliation.selectors.find_settled import find_settled
from apps.reconciliation.services.compare_attempts import compare_attempts
from apps.reconciliation.services.lock_matching import lock_matching
from apps.reconciliation.services.lock_matching_of_attempt import MatchingUnderWay
from apps.reconciliation.services.match_line import match_line
from apps.reconciliation.services.record_decision import Act, Decision, record_decision

# What moved no money.
UNDOABLE = (Act.TAKE, Act.RESOLVE, Act.EXPECT, Act.MATCH)


class NotUndoable(DomainError):
    code = "not_undoable"
    status = 409
    title = "This cannot be undone: it moved money, changed nothing, or was undone before."


class DecisionOvertaken(DomainError):
    code = "decision_overtaken"
    status = 409
    title = "Something became of it since then: it cannot be undone."


@transaction.atomic
def undo_decision(*, decision_id: UUID, undone_by: AbstractBaseUser, now: datetime) -> int:
    """Take back a decision that moved no money: every discrepancy of it is as it was before.

    All of it or nothing. A match by hand no longer stands, and its line is compared again. Answers
    how many discrepancies it was.

    Raises:
        NotUndoable: unknown, of an act that moved money or changed nothing, or undone before.
        DecisionOvertaken: one was decided or repaired since, or opened anew; or it would be open
            though its report was withdrawn, or its line or its day says something else by now.
        MatchingUnderWay: a report of the account is being matched.
    """
    events = list(
        DiscrepancyEvent.objects.filter(decision_id=decision_id, act__in=UNDOABLE)
        .exclude(after={})
        .order_by("discrepancy_id")
    )
    if not events:
        raise NotUndoable(
            _("This cannot be undone: it moved money, changed nothing, or was undone before.")
        )
    matched = list(
        HandMatch.objects.filter(decision_id=decision_id, undone_at=None).select_related(
            "line__statement__provider_account"
        )
    )
    concerned = Discrepancy.objects.filter(pk__in=[event.discrepancy_id for event in events])
    # What is open is what the comparison left open: nobody compares meanwhile.
    reopened = concerned.filter(pk__in=[one.discrepancy_id for one in events if _reopens(one)])
    for account_id in sorted(set(reopened.values_list("provider_account_id", flat=True))):
        if not lock_matching(account_id, wait=False):
            raise MatchingUnderWay(
                _("A report of this account is being matched. Try again in a minute.")
            )
    rows = {one.pk: one for one in concerned.select_for_update(no_key=True).order_by("id")}
    decision = Decision(Act.UNDO, f"user:{undone_by.pk}", "", now)
    if find_settled(reopened, compared={one.line_id for one in matched}).exists():
        raise DecisionOvertaken(_("Something became of it since then: it cannot be undone."))
    HandMatch.objects.filter(pk__in=[one.pk for one in matched]).update(undone_at=now)
    try:
        with transaction.atomic():
            for event in events:
                _restore(rows[event.discrepancy_id], event, decision)
    except IntegrityError as error:
        if "discrepancy_open_once" not in str(error):
            raise
        raise DecisionOvertaken(
            _("Something became of it since then: it cannot be undone.")
        ) from None
    failpoint("discrepancies.undo.before_match")
    for line in {one.line_id: one.line for one in matched}.values():
        match_line(statement_id=line.statement_id, line_id=line.pk, now=now)
        line.refresh_from_db(fields=["attempt_id"])
        touched = {one.attempt_id for one in matched if one.line_id == line.pk}
        if line.attempt_id is not None:
            touched.add(line.attempt_id)
        compare_attempts(statement=line.statement, attempt_ids=touched, now=now)
    return len(events)


def _restore(row: Discrepancy, event: DiscrepancyEvent, decision: Decision) -> None:
    since = DiscrepancyEvent.objects.filter(discrepancy=row, sequence__gt=event.sequence)
    undone: set[Any] = set(since.exclude(undoes=None).values_list("undoes", flat=True))
    if event.sequence in undone:
        raise NotUndoable(
            _("This cannot be undone: it moved money, changed nothing, or was undone before.")
        )
    decided = since.filter(act__in=UNDOABLE).exclude(after={}).exclude(sequence__in=undone)
    # Whoever only took it over, or expects it, left it open.
    is_closed = not _reopens(event) and row.status != Discrepancy.Status.OPEN
    if is_closed or decided.exists() or _values(row, event.after) != _read(event.after):
        raise DecisionOvertaken(_("Something became of it since then: it cannot be undone."))
    record_decision(row, decision, _read(event.before), undoes=event.sequence)


def _reopens(event: DiscrepancyEvent) -> bool:
    return "status" in event.before


def _values(row: Discrepancy, names: Mapping[str, Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _read(written: Mapping[str, Any]) -> dict[str, Any]:
    """The columns' values of what the history has as JSON."""
    fields = {field.attname: field for field in Discrepancy._meta.concrete_fields}
    return {name: fields[name].to_python(value) for name, value in written.items()}
