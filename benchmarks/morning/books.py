"""What a morning is made of: our books, the movements of a report, and what each of them is."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

# The wallet's day; its midnight is one hour before UTC's.
DAY = date(2026, 3, 10)
ZONE = timezone(timedelta(hours=1))
ZONE_NAME = "Africa/Douala"
CURRENCY = "XAF"
BASIS_POINTS = 100


@dataclass(slots=True)
class Attempt:
    """One instruction of ours. `disputed`: how much of it a dispute has taken back for good."""

    id: str
    account: str
    reference: str
    provider_reference: str
    amount: int
    status: str
    kind: str
    at: datetime
    disputed: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "account": self.account,
            "reference": self.reference,
            "provider_reference": self.provider_reference,
            "amount": self.amount,
            "currency": CURRENCY,
            "status": self.status,
            "kind": self.kind,
            "at": self.at.astimezone(UTC).isoformat(),
            "disputed": self.disputed,
        }


@dataclass(slots=True)
class Movement:
    """One line of a report and what it is. `amount` is gross; `has_left`: it bears a minus."""

    reference: str
    provider_reference: str
    amount: int
    fee: int
    at: datetime
    verdict: str
    attempt: str = ""
    is_paid: bool = True
    currency: str = CURRENCY
    has_left: bool = False
    settlement: str = ""


@dataclass(slots=True)
class Report:
    """One file, in the order in which they come. `refused`: why nothing of it may be kept."""

    name: str
    account: str
    day: date
    dialect: str
    content: bytes
    movements: list[Movement] = field(default_factory=list)
    refused: str = ""


@dataclass(slots=True)
class Morning:
    """The books and reports of one morning."""

    name: str
    dialect: str
    attempts: list[Attempt]
    reports: list[Report]
    missing: set[str]


class Books:
    """Attempts as a day brings them, and the honest line of each."""

    def __init__(self, seed: str) -> None:
        self.random = random.Random(seed)
        self.attempts: list[Attempt] = []
        self.missing: set[str] = set()
        self._number = 0

    def number(self) -> int:
        self._number += 1
        return self._number

    def moment(self, day: date = DAY) -> datetime:
        noon = datetime(day.year, day.month, day.day, 2, tzinfo=ZONE)
        return noon + timedelta(seconds=self.random.randrange(20 * 3600))

    def attempt(
        self,
        *,
        account: str = "wallet",
        status: str = "succeeded",
        kind: str = "collect",
        amount: int = 0,
        at: datetime | None = None,
    ) -> Attempt:
        number = self.number()
        digits = "".join(self.random.choices("0123456789abcdef", k=32))
        made = Attempt(
            id=f"a{number:05}",
            account=account,
            # As a UUID is written.
            reference="-".join(
                [digits[:8], digits[8:12], "4" + digits[13:16], "a" + digits[17:20], digits[20:]]
            ),
            provider_reference=f"TX{self.random.randrange(10**9):09}{number:05}",
            amount=amount or self.random.randrange(20, 2_000) * 50,
            status=status,
            kind=kind,
            at=at or self.moment(),
        )
        self.attempts.append(made)
        return made

    def stranger(self) -> str:
        return f"ZZ{self.random.randrange(10**9):09}{self.number():05}"


def fee_of(amount: int) -> int:
    return (amount * BASIS_POINTS + 5_000) // 10_000


def line_of(attempt: Attempt, verdict: str = "matched", /, **changes: Any) -> Movement:
    """What an honest provider writes of it, but for these changes."""
    has_left = attempt.kind != "collect"
    given = {
        "reference": attempt.reference,
        "provider_reference": attempt.provider_reference,
        "amount": attempt.amount,
        "fee": 0 if has_left else fee_of(attempt.amount),
        "at": attempt.at,
        "attempt": attempt.id,
        "has_left": has_left,
    }
    return Movement(verdict=verdict, **(given | changes))
