from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import DatabaseError, transaction
from django.utils.translation import override

from apps.approvals.selectors.known_staff import known_staff
from apps.approvals.selectors.rule_problems import rule_problems
from apps.sign_in.people_who_approve import TWO


def check_rules(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Whether there are four eyes, and what the rules demand of them: warnings where only what is
    sound may start. `migrate` says them at each release, `check --database default` at any time."""
    if "default" not in (databases or ()) or not settings.STARTS_ONLY_SOUND:
        return []
    try:
        with transaction.atomic(), override("en"):
            return [Warning(message, id=f"lomi.{code}") for code, message in _found()]
    except DatabaseError:
        # Before the first migration, or while the database is away.
        return []


def _found() -> Iterator[tuple[str, str]]:
    known = known_staff()
    if len(known.may_decide) < TWO:
        yield (
            "W030",
            f"{len(known.may_decide)} of the staff may approve: no live key is made, no right"
            " given and no money booked by hand before there are two. createsuperuser makes both.",
        )
    for rule in known.rules:
        for problem in rule_problems(rule, known):
            yield "W031", f"The approval rule “{rule.name}” enforces nothing: {problem.text}"
