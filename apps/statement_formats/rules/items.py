"""What a line of a statement is, beside a record of money moved."""

from __future__ import annotations

from dataclasses import dataclass

from apps.providers.contract import StatementProblem, StatementRecord


@dataclass(frozen=True, slots=True)
class RefusedLine(StatementProblem):
    """`code` says why, `cell` where: "D12 (Montant)"; "" where it is the whole line."""

    code: str = ""
    cell: str = ""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A line that is no movement of money, by the words of its layout: `why` is one of WHY."""

    line_number: int
    why: str
    raw: str


FOOTER, IGNORED_STATUS, NOT_BOOKED, NOT_FINAL = "footer", "status", "not_booked", "not_final"

Item = StatementRecord | RefusedLine | PassedOver
