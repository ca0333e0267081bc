"""What a person may do among the staff, and what of it is more than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.contrib.auth.models import User
from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError


class RightsChanged(DomainError):
    code = "rights_changed"
    status = 409
    title = "The rights are others by now than were shown."
    staff_words = _("The rights are others by now than were shown. Ask for it again.")


class RightsByOne(DomainError):
    code = "rights_by_one"
    status = 409
    title = "Two people agree on rights."
    staff_words = _("Another person than who asked for it has to approve it.")


@dataclass(frozen=True, slots=True)
class StaffRights:
    """`roles`: their ids. Of an account that is switched off they are what it would have again."""

    is_active: bool
    is_staff: bool
    is_superuser: bool
    roles: frozenset[int]

    @classmethod
    def of(cls, user: User) -> Self:
        roles = frozenset(user.groups.values_list("pk", flat=True))
        return cls(user.is_active, user.is_staff, user.is_superuser, roles)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        return cls(**{**said, "roles": frozenset(said["roles"])})

    def as_json(self) -> dict[str, Any]:
        return {
            "is_active": self.is_active,
            "is_staff": self.is_staff,
            "is_superuser": self.is_superuser,
            "roles": sorted(self.roles),
        }

    def within(self, other: StaffRights) -> StaffRights:
        """What of these the other has too."""
        return StaffRights(
            self.is_active and other.is_active,
            self.is_staff and other.is_staff,
            self.is_superuser and other.is_superuser,
            self.roles & other.roles,
        )
