"""Steps, one person each: the id of the role she must have, None for anybody who may decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from typing import Any

Steps = tuple[int | None, ...]

# What holds where no rule says more.
ONE_OTHER_PERSON: Steps = (None,)


def steps_of(said: Iterable[Mapping[str, Any]]) -> Steps:
    """A rule's steps, one for each person."""
    return tuple(one["group"] for one in said for _person in range(one["persons"]))


@cache
def merge_steps(one: Steps, other: Steps) -> Steps:
    """The fewest persons who do the steps of both, each in its own order."""
    if not one or not other:
        return one or other
    if one[0] == other[0] or None in (one[0], other[0]):
        role = other[0] if one[0] is None else one[0]
        together = (role, *merge_steps(one[1:], other[1:]))
    else:
        together = ()
    apart = min(
        (one[0], *merge_steps(one[1:], other)),
        (other[0], *merge_steps(one, other[1:])),
        key=len,
    )
    return together if together and len(together) <= len(apart) else apart


def can_be_met(people: Sequence[Collection[int]]) -> bool:
    """Whether there is a different person for each step, of those who may do it."""
    step_of: dict[int, int] = {}

    def find_person(step: int, tried: set[int]) -> bool:
        for person in people[step]:
            if person in tried:
                continue
            tried.add(person)
            if person not in step_of or find_person(step_of[person], tried):
                step_of[person] = step
                return True
        return False

    return all(find_person(step, set()) for step in range(len(people)))
