"""Roles that hold people back: without one, somebody may do or see more, or fewer agree."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db.models import Q

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.makers import ROLE
from apps.approvals.rules.steps import steps_of


def roles_to_stay(has: frozenset[int], wanted: frozenset[int]) -> frozenset[int]:
    """Of a person's roles those that are not one person's to take: by which approval rules know who
    made an act, and that bound what she sees, unless another one still does. Two queries."""
    bounded = has & _bounded()
    return (has & _roles_of_makers()) | (frozenset() if bounded & wanted else bounded)


def binding_roles() -> frozenset[int]:
    """All of which some rule or some person's view depends. Three queries."""
    return _roles_of_makers() | _demanded() | _bounded()


def _roles_of_makers() -> frozenset[int]:
    named = ApprovalRule.objects.filter(is_enabled=True).values_list("makers", flat=True)
    return frozenset(
        int(one.removeprefix(ROLE)) for makers in named for one in makers if one.startswith(ROLE)
    )


def _demanded() -> frozenset[int]:
    """Without one, nobody could do the steps of its rule."""
    said = ApprovalRule.objects.filter(is_enabled=True).values_list("steps", flat=True)
    return frozenset(role for steps in said for role in steps_of(steps) if role is not None)


def _bounded() -> frozenset[int]:
    """Whose people see a part: who has none of these sees all (apps.reporting's StaffScope)."""
    some = ~Q(report_scope__countries=[]) | Q(report_scope__merchants__isnull=False)
    found = Group.objects.filter(some, report_scope__isnull=False)
    return frozenset(found.values_list("pk", flat=True))
