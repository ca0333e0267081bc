"""What needs a second person: names only. config/approvable_actions.py lists them all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from apps.approvals.rules.facts import Asked, Facts, PastAct, SumReached
from apps.core.errors import DomainError

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
    rule with a condition on anything else would never match. `payees` is the dotted name of what
    tells whom it pays, which takes longer: it is asked only where a rule asks about it.

    `sums` is the dotted name of what tells which sums are reached with it, and asked only where a
    rule asks about one: sums(payload, asked). `waits_beside`: of what counts in its sums and is
    none of its kind yet: waits_beside(merchant_id=, livemode=, currency=, payees=, most=) -> int.

    `past`: the dotted name of what lists the latest that were made, newest first, for a rule to be
    tried on: past(asked, since=, until=, most=) -> PastActs, `past_most` of them, rows of the model
    `past_model`. They do not know `forgets`: nobody keeps it.

    `lock`: the dotted name of what locks the thing itself, lock(payload), where it may end while
    its request waits. It is locked before its request is: by who decides, and by who ends it.

    `describe`: the dotted name of what says the payload in words: describe(payload) -> lines.

    `decide_by_key`: the dotted name of what a merchant's key decides by, see
    services.decide_for_merchant.

    `turn_down`: the dotted name of what ends a thing that only waits for this, once it is rejected
    or nobody decided in time: turn_down(target=, decided_by=, reason=, now=), `decided_by` "" where
    nobody did.

    `is_always_asked`: another person approves it whether a rule matches or not.

    `asked_with`: what whoever asked must be allowed still when it is done, beside being of the
    staff.
    """

    title: str | Promise
    run: str
    is_rehearsed: bool = True
    facts: str = ""
    payees: str = ""
    sums: str = ""
    waits_beside: str = ""
    past: str = ""
    past_model: str = ""
    past_most: int = 100_000
    forgets: frozenset[str] = frozenset()
    tells: frozenset[str] = frozenset()
    describe: str = ""
    lock: str = ""
    decide_by_key: str = ""
    turn_down: str = ""
    is_always_asked: bool = True
    asked_with: str = ""

    def lock_target(self, payload: Mapping[str, Any]) -> None:
        if self.lock:
            import_string(self.lock)(payload)

    def lines(self, payload: Mapping[str, Any]) -> Sequence[str] | None:
        """What is asked for, in words; None where the names in the payload say it."""
        return import_string(self.describe)(payload) if self.describe else None

    def load(self) -> Run:
        return import_string(self.run)  # type: ignore[no-any-return]

    def end_undone(self, *, target: str, decided_by: str, reason: str, now: datetime) -> None:
        if self.turn_down:
            end = import_string(self.turn_down)
            end(target=target, decided_by=decided_by, reason=reason, now=now)

    def read_facts(self, payload: Mapping[str, Any]) -> Facts:
        if not self.facts:
            return Facts()
        read: ReadFacts = import_string(self.facts)
        return read(payload)

    def read_payees(self, payload: Mapping[str, Any]) -> frozenset[str]:
        return import_string(self.payees)(payload)  # type: ignore[no-any-return]

    def read_sums(
        self, payload: Mapping[str, Any], asked: Collection[SumReached]
    ) -> frozenset[SumReached]:
        if not self.sums or not asked:
            return frozenset()
        return import_string(self.sums)(payload, asked)  # type: ignore[no-any-return]

    def read_past(self, asked: Asked, **bounds: Any) -> Iterable[PastAct]:
        """`bounds`: since, until, most."""
        return import_string(self.past)(asked, **bounds)  # type: ignore[no-any-return]

    def sum_beside(self, **of: Any) -> int:
        return import_string(self.waits_beside)(**of) if self.waits_beside else 0


class ApprovalActionUnknown(DomainError):
    code = "approval_action_unknown"
    status = 409
    title = "This server does not know this act yet, or no longer. Try again after the update."


def known_action(name: str) -> ApprovableAction:
    """Raises ApprovalActionUnknown: it is of another release, and nothing of it is decided here."""
    action = approvable_actions().get(name)
    if action is None:
        raise ApprovalActionUnknown(name)
    return action


@cache
def approvable_actions() -> Mapping[str, ApprovableAction]:
    return import_string(settings.APPROVABLE_ACTIONS)  # type: ignore[no-any-return]


@cache
def known_rails() -> Collection[str]:
    return sorted(import_string(settings.APPROVAL_RAILS))


def digest_of(
    action: str, target: str, payload: Mapping[str, Any], evidence_sha256: bytes | None = None
) -> bytes:
    """The SHA-256 of what is asked for and of the file that proves it, written in one way."""
    told: list[Any] = [action, target, payload]
    if evidence_sha256 is not None:
        told.append(evidence_sha256.hex())
    text = json.dumps(told, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


# Who approves in a rehearsal, and who asked where nobody of the staff did: nobody is numbered so.
NOBODY = "user:0"


def person(user_id: object) -> str:
    return NOBODY if user_id is None else f"user:{user_id}"


# How long a request may wait for its second person.
APPROVAL_HOURS = 24
