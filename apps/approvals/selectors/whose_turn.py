from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Q

from apps.approvals.models import ApprovalDecision, ApprovalRequest, ApprovalStandIn
from apps.sign_in.people_who_approve import PERMISSIONS


@dataclass(frozen=True, slots=True)
class Turn:
    """The next step of a request, and as whom a person may do it: None where she may not.

    `as_id` is herself, or the one she stands in for.
    """

    step: int
    role_id: int | None
    counted: frozenset[int]
    as_id: int | None


def whose_turn(request: ApprovalRequest, *, person_id: int, now: datetime) -> Turn:
    done = list(
        ApprovalDecision.objects.filter(request=request, is_approved=True).values_list(
            "person_id", "stands_for_id"
        )
    )
    asked_by = () if request.requested_by_id is None else (request.requested_by_id,)
    counted = frozenset(one for pair in done for one in pair if one is not None)
    role_id = request.steps[len(done)] if len(done) < len(request.steps) else None
    as_id = None
    if person_id not in counted.union(asked_by):
        as_id = _as_whom(person_id, role_id, counted.union(asked_by), now)
    return Turn(len(done) + 1, role_id, counted, as_id)


def _as_whom(
    person_id: int, role_id: int | None, excluded: frozenset[int], now: datetime
) -> int | None:
    if role_id is None:
        return person_id
    has_role = set(
        User.groups.through.objects.filter(group_id=role_id)
        .filter(
            Q(user_id=person_id)
            | Q(
                user_id__in=ApprovalStandIn.objects.filter(
                    stand_in_id=person_id, from_at__lte=now, until_at__gt=now
                ).values("person_id")
            )
        )
        .values_list("user_id", flat=True)
    )
    if person_id in has_role:
        return person_id
    # Whoever is no longer of the staff, or may no longer decide, is not away: nobody acts for her.
    return min((one for one in has_role - excluded if may_decide(one)), default=None)


def may_decide(person_id: int) -> bool:
    """Now, whatever her page knew when it was opened."""
    found = User.objects.filter(pk=person_id, is_active=True, is_staff=True).first()
    return found is not None and any(map(found.has_perm, PERMISSIONS))
