"""What watches, and what it finds: the words by which any app has something watched.

config/alert_sources.py lists the sources; apps/monitoring runs them and makes incidents of what
they find.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from django.utils.functional import Promise
from django.utils.module_loading import import_string

WARNING, CRITICAL = "warning", "critical"

Fact: TypeAlias = str | int | float
Parameters: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong just now.

    `key` says which of the things the source watches; findings with the same `group` make one
    incident, else each is its own. `facts` fill the source's sentence: no secret and no personal
    data. `rails`, of the public status page: "connector:country:operation", and ":test".
    """

    key: str = ""
    group: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    # "" is the rule's.
    severity: str = ""
    rails: tuple[str, ...] = ()


Find: TypeAlias = Callable[[Parameters, datetime], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class AlertSource:
    """One thing that is watched: the dotted name of a `Find`, and how its rule begins.

    `title` names it, `sentence` says what was found, with the names of the facts as in "%(name)s".
    Its runbook is docs/guides/monitoring.md under an anchor that is its code. `for_s`: how long it
    must be found before anybody is told; `clear_s`: how long not before it is over.
    """

    find: str
    title: str | Promise
    sentence: str | Promise
    severity: str = WARNING
    parameters: Parameters = field(default_factory=dict)
    every_s: int = 60
    for_s: int = 0
    clear_s: int = 300

    def load(self) -> Find:
        return import_string(self.find)  # type: ignore[no-any-return]
