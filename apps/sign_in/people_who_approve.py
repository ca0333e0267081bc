"""Who of the staff may approve what others ask for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.core.management.base import CommandError

# The second is what those held who decided before it had a permission of its own.
PERMISSIONS = ("approvals.decide", "approvals.change_approvalrequest")
BACKEND = "django.contrib.auth.backends.ModelBackend"
# One asks, the other approves.
TWO = 2


def people_who_approve() -> frozenset[int]:
    """Their ids: those who can sign in. Two queries."""
    found: set[int] = set()
    for permission in PERMISSIONS:
        people = User.objects.with_perm(permission, backend=BACKEND).filter(is_staff=True)
        found.update(people.values_list("pk", flat=True))
    return frozenset(found)


def refuse_where_two_can(*, beside: int | None = None) -> None:
    """The way over the server is for as long as two people cannot agree in the admin.

    Args:
        beside: whom it is about: she does not count.

    Raises CommandError.
    """
    if len(people_who_approve() - {beside}) >= TWO:
        raise CommandError("Two people can agree on it: ask for it in the admin.")
