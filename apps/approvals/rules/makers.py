"""Who made an act, as rules name it: what stands before the id."""

from __future__ import annotations

from collections.abc import Iterable

USER, ROLE = "user:", "role:"


def are_staff(makers: Iterable[str]) -> bool:
    """Whether any of them is one of the staff, or a role: else all are programs of merchants."""
    return any(one.startswith((USER, ROLE)) for one in makers)


def are_programs(makers: Iterable[str]) -> bool:
    """Whether any of them is a merchant's key or application."""
    return any(not one.startswith((USER, ROLE)) for one in makers)
