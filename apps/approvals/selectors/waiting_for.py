from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import Group

from apps.approvals.models import ApprovalDecision, ApprovalRequest


@dataclass(frozen=True, slots=True)
class Waiting:
    """How far a request is: what was decided, and its next step (of how many, by which role: "" for
    anybody who may decide). `step` is None once it is over."""

    request: ApprovalRequest
    done: list[ApprovalDecision]
    step: int | None
    steps: int
    role: str


def waiting_for(requests: Iterable[ApprovalRequest]) -> list[Waiting]:
    """How far each of them is. Two queries, however many there are."""
    requests = list(requests)
    decisions: dict[object, list[ApprovalDecision]] = {one.pk: [] for one in requests}
    for decision in (
        ApprovalDecision.objects.filter(request__in=requests)
        .select_related("person", "stands_for")
        .order_by("decided_at", "step")
    ):
        decisions[decision.request_id].append(decision)
    names = Group.objects.in_bulk({role for one in requests for role in one.steps if role})
    found = []
    for one in requests:
        done = decisions[one.pk]
        is_over = one.status != ApprovalRequest.Status.PENDING
        role = None if is_over else one.steps[len(done)]
        group = names.get(role)
        # Of a role that is gone nobody is.
        name = "" if role is None else (group.name if group else "?")
        found.append(Waiting(one, done, None if is_over else len(done) + 1, len(one.steps), name))
    return found
