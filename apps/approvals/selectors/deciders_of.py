from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import User

from apps.approvals.rules.steps import Steps

# The second is what those held who decided before it had a permission of its own.
PERMISSIONS = ("approvals.decide", "approvals.change_approvalrequest")
BACKEND = "django.contrib.auth.backends.ModelBackend"


def deciders_of(steps: Steps) -> Sequence[frozenset[int]]:
    """For each step the ids of those who may do it: staff who may decide and have its role."""
    may_decide: set[int] = set()
    for permission in PERMISSIONS:
        found = User.objects.with_perm(permission, backend=BACKEND).filter(is_staff=True)
        may_decide.update(found.values_list("pk", flat=True))
    has_role = User.groups.through.objects.filter(group_id__in=[one for one in steps if one])
    roles = set(has_role.values_list("user_id", "group_id"))
    return [
        frozenset(one for one in may_decide if role is None or (one, role) in roles)
        for role in steps
    ]
