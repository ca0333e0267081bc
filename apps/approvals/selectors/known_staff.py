from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group, User

from apps.approvals.models import ApprovalRule
from apps.approvals.rules.makers import ROLE, USER
from apps.approvals.rules.steps import Steps
from apps.sign_in.people_who_approve import people_who_approve


@dataclass(frozen=True, slots=True)
class KnownStaff:
    """Who may decide, who has which role, what roles are called, and the rules that are enabled."""

    may_decide: frozenset[int]
    # All of the staff who can sign in.
    active: frozenset[int]
    # (user, role)
    roles: frozenset[tuple[int, int]]
    names: Mapping[int, str]
    rules: Sequence[ApprovalRule]

    def deciders_of(self, steps: Steps) -> list[frozenset[int]]:
        """For each step the ids of those who may do it."""
        return [
            frozenset(one for one in self.may_decide if role is None or (one, role) in self.roles)
            for role in steps
        ]

    def people_of(self, makers: Iterable[str]) -> frozenset[int]:
        """Who of the staff that can sign in these are, by themselves or by a role."""
        named = set(makers)
        return frozenset(one for one in self.active if f"{USER}{one}" in named) | frozenset(
            one for one, role in self.roles if one in self.active and f"{ROLE}{role}" in named
        )


def known_staff() -> KnownStaff:
    """As it is now: six queries, however many rules are looked at with it."""
    has_role = User.groups.through.objects.filter(user__is_staff=True)
    return KnownStaff(
        may_decide=people_who_approve(),
        active=frozenset(
            User.objects.filter(is_staff=True, is_active=True).values_list("pk", flat=True)
        ),
        roles=frozenset(has_role.values_list("user_id", "group_id")),
        names=dict(Group.objects.values_list("pk", "name")),
        rules=list(ApprovalRule.objects.filter(is_enabled=True)),
    )
