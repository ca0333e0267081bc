from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from apps.providers.simulation.application import Application, build_application
from apps.providers.simulation.callbacks import CallbackBodies, plan
from apps.providers.simulation.control_door import ControlDoor
from apps.providers.simulation.exchange import Answer, Request, Route, json_answer
from apps.providers.simulation.faults import COLLECT, CREATE, QUERY, FaultKind
from apps.providers.simulation.report import ReportLine
from apps.providers.simulation.simulator import Simulator
from apps.providers.simulation.store import Instruction

from .receiver import Receiver


class KoriSimulator(Simulator):
    """The smallest provider there can be."""

    code = "kori"
    succeeded = "PAID"
    operations = {"pay": COLLECT}

    def routes(self) -> list[Route]:
        return [
            Route("POST", "/pay", self.pay),
            Route("GET", "/pay/{reference}", self.show),
        ]

    def on_start(self) -> None:
        self.store.put("users", "demo", {"started": True})

    def pay(self, request: Request) -> Answer:
        order = request.json_object()
        now = time.time()
        fault = self.faults.draw(CREATE, {COLLECT}, party=order["phone"], reference=order["id"])
        if fault.kind is FaultKind.DOWN:
            return json_answer({"error": "down"}, 503)
        decide_at = self.decide_at(fault, now)
        instruction = Instruction(
            kind="pay",
            reference=order["id"],
            provider_reference=f"K{self.next_number()}",
            amount=order["amount"],
            currency="XAF",
            party=order["phone"],
            status="PAID",
            reason="",
            created_at=now,
            decide_at=decide_at,
            fault=fault.kind,
            fault_value=fault.value,
        )
        bodies = CallbackBodies(
            *(json.dumps({"id": order["id"], "status": word}).encode() for word in _WORDS)
        )
        planned = plan(fault, bodies, created_at=now, decide_at=decide_at)
        if not self.accept(instruction, self.callbacks(planned, url=order.get("callback", ""))):
            return json_answer({"error": "duplicate"}, 409)
        return fault.spoil(json_answer({"accepted": True}, 202))

    def show(self, request: Request) -> Answer:
        reference = request.parameters["reference"]
        fault = self.faults.draw(QUERY, {COLLECT}, reference=reference)
        instruction = self.store.find("pay", reference)
        if instruction is None:
            return json_answer({"error": "unknown"}, 404)
        return fault.spoil(json_answer({"status": self.status_now(instruction, time.time())}))

    def report_header(self) -> str:
        return "reference,amount\n"

    def report_row(self, line: ReportLine) -> str:
        return f"{line.reference},{line.amount}\n"


TOKEN = "a-control-token-for-tests"
_WORDS = ("truth", "pending", "success", "failure", "wrong_amount", "another")


class Answered(NamedTuple):
    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    application: Application, method: str, path: str, body: Any = None, query: str = ""
) -> Answered:
    """One request without a server; /control has a door of its own."""
    is_control = path.startswith("/control/")
    door = ControlDoor(application.control, TOKEN) if is_control else application
    content = b"" if body is None else json.dumps(body).encode()
    started: list[str] = []
    parts = door(
        {
            "HTTP_AUTHORIZATION": f"Bearer {TOKEN}",
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_LENGTH": str(len(content)),
            "wsgi.input": io.BytesIO(content),
        },
        lambda line, headers: started.append(line),
    )
    return Answered(int(started[0].split()[0]), b"".join(parts))


def build(tmp_path: Path, *, approve_after_s: float = 0.0) -> Application:
    return build_application(
        data_dir=tmp_path / "data",
        report_dir=tmp_path / "reports",
        approve_after_s=approve_after_s,
        simulators=[KoriSimulator],
    )


@pytest.fixture
def application(tmp_path: Path) -> Iterator[Application]:
    application = build(tmp_path)
    yield application
    application.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()
