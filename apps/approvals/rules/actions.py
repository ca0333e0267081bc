"""What needs a second person: names only. config/approvable_actions.py lists them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from apps.approvals.rules.facts import Facts

# Called with the payload and requested_by, approved_by ("user:<id>"), reason, now.
Run = Callable[..., Any]
# Called with the payload.
ReadFacts = Callable[[Mapping[str, Any]], Facts]


@dataclass(frozen=True, slots=True)
class ApprovableAction:
    """`title` is for people; `run` the dotted name of what is done once approved, in the same
    transaction: run(payload, *, requested_by, approved_by, reason, now).

    `is_rehearsed`: done and taken back when it is asked for, so that whoever asks is refused what
    whoever approves would be. It must do nothing that a rollback does not undo.

    `facts` is the dotted name of what tells the rules of it, and `tells` what it then knows: a
    rule with a condition on anything else would never match.

    `lock`: the dotted name of what locks the thing itself, lock(payload), where it may end while
    its request waits. It is locked before its request is: by who decides, and by who ends it.

    `describe`: the dotted name of what says the payload in words: describe(payload) -> lines.

    `decide_by_key`: the dotted name of what a merchant's key decides by, see
    services.decide_for_merchant.
    """

    title: str | Promise
    run: str
    is_rehearsed: bool = True
    facts: str = ""
    tells: frozenset[str] = frozenset()
    describe: str = ""
    lock: str = ""
    decide_by_key: str = ""

    def lock_target(self, payload: Mapping[str, Any]) -> None:
        if self.lock:
            import_string(self.lock)(payload)

    def lines(self, payload: Mapping[str, Any]) -> Sequence[str] | None:
        """What is asked for, in words; None where the names in the payload say it."""
        return import_string(self.describe)(payload) if self.describe else None

    def load(self) -> Run:
        return import_string(self.run)  # type: ignore[no-any-return]

    def read_facts(self, payload: Mapping[str, Any]) -> Facts:
        if not self.facts:
            return Facts()
        read: ReadFacts = import_string(self.facts)
        return read(payload)


@cache
def approvable_actions() -> Mapping[str, ApprovableAction]:
    return import_string(settings.APPROVABLE_ACTIONS)  # type: ignore[no-any-return]


@cache
def known_rails() -> Collection[str]:
    return sorted(import_string(settings.APPROVAL_RAILS))


def digest_of(action: str, target: str, payload: Mapping[str, Any]) -> bytes:
    """The SHA-256 of what is asked for, written in one way."""
    text = json.dumps([action, target, payload], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


# Who approves in a rehearsal: nobody is numbered so.
NOBODY = "user:0"


def person(user_id: object) -> str:
    return f"user:{user_id}"


# How long a request may wait for its second person.
APPROVAL_HOURS = 24
