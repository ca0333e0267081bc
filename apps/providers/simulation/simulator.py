"""What every simulator has in common."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

from .callbacks import CallbackSender
from .exchange import Answer, Request, Route, UnreadableBody
from .faults import Fault, FaultKind, Faults
from .report import BROKEN_TEXT, Break, ReportLine, day_bounds, with_breaks, write_atomically
from .store import DueCallback, Instruction, Store

# Every setting is a number; 0 and 1 stand for no and yes.
COMMON_SETTINGS: Mapping[str, float] = {
    "approve_after_s": 1.0,
    "callback_tries": 1,
    "fee_basis_points": 100,
}


class Settings:
    """Numbers a test may change while the simulator runs. They survive a restart."""

    _SPACE = "settings"

    def __init__(self, store: Store, defaults: Mapping[str, float]) -> None:
        self._store = store
        self._defaults = dict(defaults)
        self._values: dict[str, float] = {}
        self.load()

    def load(self) -> None:
        self._values = {**self._defaults, **dict(self._store.entries(self._SPACE))}

    def __getitem__(self, name: str) -> float:
        return self._values[name]

    def as_dict(self) -> dict[str, float]:
        return dict(self._values)

    def change(self, changes: Mapping[str, float]) -> None:
        """Raises KeyError for an unknown name, before anything is changed."""
        for name in changes:
            if name not in self._defaults:
                raise KeyError(name)
        for name, value in changes.items():
            self._store.put(self._SPACE, name, float(value))
        self.load()


@dataclass(frozen=True, slots=True)
class Context:
    """What the application hands a simulator."""

    store: Store
    sender: CallbackSender
    report_dir: Path
    approve_after_s: float


class Simulator:
    """One provider. A subclass gives code, succeeded, operations, routes() and the report_…
    methods.

    `succeeded` is the provider's word for money moved; `operations` says of each kind of
    instruction which operation it is.
    """

    code: ClassVar[str]
    succeeded: ClassVar[str]
    operations: ClassVar[Mapping[str, str]]
    setting_defaults: ClassVar[Mapping[str, float]] = {}
    report_encoding: ClassVar[str] = "utf-8"

    def __init__(self, context: Context) -> None:
        self.store = context.store
        self.faults = Faults(self.store)
        self.settings = Settings(
            self.store,
            {
                **COMMON_SETTINGS,
                "approve_after_s": context.approve_after_s,
                **self.setting_defaults,
            },
        )
        self.report_dir = context.report_dir / self.code
        self._sender = context.sender
        # Microseconds at start, then one by one: no two ever alike, not even after a restart.
        self._numbers = itertools.count(time.time_ns() // 1000)

    # A provider's own part

    def routes(self) -> Sequence[Route]:
        raise NotImplementedError

    def on_start(self) -> None:
        """Called once the store is open, and again after a reset: plant what must exist."""

    def unreadable(self, request: Request, error: UnreadableBody) -> Answer:
        return Answer(400)

    def not_found(self, request: Request) -> Answer:
        return Answer(404)

    def status_now(self, instruction: Instruction, now: float) -> str:
        """The provider's word at this moment; "PENDING" until decided is only the usual one."""
        return instruction.status if instruction.is_decided(now) else "PENDING"

    def report_name(self, day: date, currency: str) -> str:
        return f"{self.code}_{day.isoformat()}_{currency}.csv"

    def report_header(self) -> str:
        """The first line with its line end, "" for none."""
        raise NotImplementedError

    def report_row(self, line: ReportLine) -> str:
        """One line with its line end."""
        raise NotImplementedError

    # Shared

    def next_number(self) -> int:
        """A number no other call got, before or after a restart."""
        return next(self._numbers)

    def decide_at(self, fault: Fault, now: float) -> float:
        """When a payer who takes his usual time has decided, as this fault has it."""
        if fault.kind is FaultKind.EARLY_CALLBACK:
            return now
        end = now + self.settings["approve_after_s"]
        if fault.kind in (FaultKind.LATE_SUCCESS, FaultKind.LATE_APPROVAL):
            end += fault.amount
        return end

    def is_expired_for_now(self, instruction: Instruction, now: float) -> bool:
        """True while a late success is still reported as expired."""
        if instruction.fault != FaultKind.LATE_SUCCESS or instruction.decide_at is None:
            return False
        fault = Fault(FaultKind.LATE_SUCCESS, instruction.fault_value)
        return instruction.decide_at - fault.amount <= now < instruction.decide_at

    def callbacks(
        self,
        planned: Iterable[tuple[float, bytes]],
        *,
        url: str,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> list[DueCallback]:
        """Planned callbacks as they are stored; none without a URL."""
        if not url:
            return []
        tries = int(self.settings["callback_tries"])
        return [
            DueCallback(due_at, url, body, method, headers or {}, tries) for due_at, body in planned
        ]

    def accept(self, instruction: Instruction, callbacks: Sequence[DueCallback] = ()) -> bool:
        """Store it and promise its callbacks; False if its reference is taken."""
        stored = self.store.add(instruction, callbacks)
        if stored is None:
            return False
        self._sender.schedule(self.store, stored)
        return True

    def change(self, instruction: Instruction, callbacks: Sequence[DueCallback] = ()) -> None:
        """Replace a stored instruction and promise more callbacks."""
        self._sender.schedule(self.store, self.store.change(instruction, callbacks))

    def fee(self, amount: int) -> int:
        return amount * int(self.settings["fee_basis_points"]) // 10_000

    def book(self, *, since: float = 0.0) -> Iterator[dict[str, Any]]:
        """Every instruction as this provider knows it: the truth tests compare ours with."""
        now = time.time()
        for instruction in self.store.instructions(since=since):
            status = self.status_now(instruction, now)
            yield {
                "kind": instruction.kind,
                "operation": self.operations[instruction.kind],
                "reference": instruction.reference,
                "provider_reference": instruction.provider_reference,
                "amount": instruction.amount,
                "currency": instruction.currency,
                "party": instruction.party,
                "status": status,
                "reason": instruction.reason if status == instruction.status else "",
                "times_executed": int(status == self.succeeded),
                "fault": instruction.fault,
                "created_at": instruction.created_at,
                "decide_at": instruction.decide_at,
            }

    def report_lines(self, day: date) -> Iterator[ReportLine]:
        """What was decided on that UTC day, failures too; a subclass may leave some out."""
        start, end = day_bounds(day)
        now = time.time()
        for instruction in self.store.instructions(decided_from=start, decided_to=end):
            if not instruction.is_decided(now) or instruction.decide_at is None:
                continue
            succeeded = instruction.status == self.succeeded
            yield ReportLine(
                kind=instruction.kind,
                reference=instruction.reference,
                provider_reference=instruction.provider_reference,
                party=instruction.party,
                amount=instruction.amount,
                fee=self.fee(instruction.amount) if succeeded else 0,
                currency=instruction.currency,
                status=instruction.status,
                occurred_at=datetime.fromtimestamp(instruction.decide_at, UTC),
                details=instruction.details,
            )

    def write_report(self, day: date) -> tuple[list[Path], list[dict[str, str]]]:
        """Write the day's files, one a currency: an account has one. Answers their paths and the
        breaks that found a line."""
        breaks = [Break(**value) for _, value in self.store.entries("breaks")]
        done: list[dict[str, str]] = []
        texts: dict[str, list[str]] = {}
        for line in with_breaks(self.report_lines(day), breaks, done):
            texts.setdefault(line.currency, []).append(self._report_text(line))
        paths = [
            write_atomically(
                self.report_dir / self.report_name(day, currency),
                itertools.chain([self.report_header()], rows),
                encoding=self.report_encoding,
            )
            for currency, rows in sorted(texts.items())
        ]
        return paths, done

    def plant(self, planted: Break) -> None:
        """Break one line of every report written from now until the next reset."""
        self.store.put(
            "breaks",
            f"{self.next_number()}",
            {"kind": planted.kind, "reference": planted.reference},
        )

    def reset(self) -> None:
        """Forget everything, as on the first day."""
        self._sender.forget(self.store)
        self.store.clear()
        self.faults.load()
        self.settings.load()
        self.on_start()

    def resume(self) -> None:
        """After a start: promise again the callbacks that had not been sent."""
        self._sender.schedule(self.store, self.store.due_callbacks())

    def _report_text(self, line: ReportLine) -> str:
        return f"{BROKEN_TEXT}\n" if line.broken else self.report_row(line)
