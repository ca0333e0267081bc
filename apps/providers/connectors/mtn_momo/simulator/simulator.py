"""All products under one roof; `/collection/…` and so on are paths, as at MTN.

Sources, and what is ours where MTN is silent: README.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from apps.providers.simulation.exchange import Answer, Request, Route, json_answer
from apps.providers.simulation.report import ReportLine
from apps.providers.simulation.simulator import Context, Simulator
from apps.providers.simulation.store import Instruction

from . import preapprovals, report
from .access import Access
from .holders import AccountHolders
from .invoices import Invoices
from .orders import OPERATIONS, Orders
from .payers import FAILED, PENDING, SUCCESSFUL
from .preapprovals import Preapprovals


class MtnMomoSimulator(Simulator):
    """Sandbox provisioning, tokens, collection, disbursement, remittance."""

    code = "mtn_momo"
    succeeded = SUCCESSFUL
    operations = OPERATIONS
    setting_defaults = {
        "token_lifetime_s": 3600,
        "ongoing_after_s": 30.0,
        "reason_as_object": 0,
        "opening_balance": 10_000_000,
        # 1: the newer platform, which wants the target environment for tokens as well.
        "is_new_platform": 0,
        "token_delay_s": 0,
        "refuses_empty_message": 0,
    }

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.access = Access(self)
        self.orders = Orders(self)

    def on_start(self) -> None:
        self.access.on_start()

    def routes(self) -> Sequence[Route]:
        parts = (self.access, AccountHolders(self), self.orders, Invoices(self), Preapprovals(self))
        return [route for part in parts for route in part.routes()]

    def not_found(self, request: Request) -> Answer:
        # The gateway's, not MTN's: no such operation.
        return json_answer({"statusCode": 404, "message": "Resource not found"}, 404)

    def status_now(self, instruction: Instruction, now: float) -> str:
        if self.is_expired_for_now(instruction, now):
            return FAILED
        if instruction.details.get("canceled"):
            return FAILED
        return instruction.status if instruction.is_decided(now) else PENDING

    def report_lines(self, day: date) -> Iterator[ReportLine]:
        return (line for line in super().report_lines(day) if line.kind != preapprovals.KIND)

    def book(self, *, since: float = 0.0) -> Iterator[dict[str, Any]]:
        return (entry for entry in super().book(since=since) if entry["kind"] != preapprovals.KIND)

    def report_header(self) -> str:
        return report.report_header()

    def report_row(self, line: ReportLine) -> str:
        return report.report_row(line)
