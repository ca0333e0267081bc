"""/control/…: how a test arms faults, reads the books and orders reports. Not for the public."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from .callbacks import CallbackSender
from .exchange import Answer, Request, Route, UnreadableBody, json_answer, json_bytes
from .faults import CREATE, STAGES, ArmedFault, FaultKind
from .report import BREAK_KINDS, Break
from .simulator import Simulator


class Control:
    """The control endpoints over all simulators. Bad input is answered 400 with {"error"}."""

    def __init__(self, simulators: Mapping[str, Simulator], sender: CallbackSender) -> None:
        self._simulators = simulators
        self._sender = sender

    def routes(self) -> Sequence[Route]:
        return [
            Route("GET", "/health", self.health),
            Route("GET", "/faults", self.list_faults),
            Route("POST", "/faults", self.arm_fault),
            Route("DELETE", "/faults", self.disarm_faults),
            Route("GET", "/books/{provider}", self.book),
            Route("POST", "/reports", self.write_report),
            Route("POST", "/plant", self.plant),
            Route("GET", "/settings/{provider}", self.show_settings),
            Route("POST", "/settings", self.change_settings),
            Route("POST", "/reset", self.reset),
        ]

    def health(self, request: Request) -> Answer:
        state = {
            "status": "ok",
            "providers": sorted(self._simulators),
            "callbacks": {
                "waiting": self._sender.waiting(),
                "sent": self._sender.sent,
                "failed": self._sender.failed,
            },
        }
        return json_answer(state)

    def list_faults(self, request: Request) -> Answer:
        return json_answer(
            [
                {
                    "provider": code,
                    "fault": armed.fault,
                    "times": armed.times,
                    "on": armed.on,
                    "operation": armed.operation,
                    "reference": armed.reference,
                    "msisdn": armed.msisdn,
                }
                for code, simulator in self._simulators.items()
                for armed in simulator.faults.armed()
            ]
        )

    def arm_fault(self, request: Request) -> Answer:
        wanted = request.json_object()
        simulator = self._simulator(wanted.get("provider"))
        try:
            kind = FaultKind(wanted.get("fault", ""))
            armed = ArmedFault(
                fault=kind.value,
                times=int(wanted.get("times", 1)),
                value=None if wanted.get("value") is None else float(wanted["value"]),
                msisdn=str(wanted.get("msisdn", "")),
                reference=str(wanted.get("reference", "")),
                on=str(wanted.get("on", CREATE)),
                operation=str(wanted.get("operation", "")),
            )
        except (TypeError, ValueError) as error:
            raise UnreadableBody(str(error)) from error
        if kind is FaultKind.NONE or armed.on not in STAGES:
            raise UnreadableBody("unknown fault or stage")
        if armed.operation not in ("", *simulator.operations.values()):
            has = ", ".join(sorted(set(simulator.operations.values())))
            raise UnreadableBody(f"operation must be one of {has}")
        simulator.faults.arm(armed)
        answered = {"armed": armed.fault, "times": armed.times, "on": armed.on}
        return json_answer({**answered, "operation": armed.operation}, 201)

    def disarm_faults(self, request: Request) -> Answer:
        for simulator in self._chosen(request.query.get("provider")):
            simulator.faults.disarm()
        return Answer(204)

    def book(self, request: Request) -> Answer:
        simulator = self._simulator(request.parameters["provider"])
        since = _instant(request.query.get("since", ""))
        return Answer(200, stream=_json_list(simulator.book(since=since)))

    def write_report(self, request: Request) -> Answer:
        wanted = request.json_object()
        simulator = self._simulator(wanted.get("provider"))
        paths, breaks = simulator.write_report(_day(wanted.get("day")))
        return json_answer({"files": [str(path) for path in paths], "breaks": breaks}, 201)

    def plant(self, request: Request) -> Answer:
        wanted = request.json_object()
        simulator = self._simulator(wanted.get("provider"))
        planted = Break(str(wanted.get("kind", "")), str(wanted.get("reference", "")))
        if planted.kind not in BREAK_KINDS:
            raise UnreadableBody(f"kind must be one of {', '.join(BREAK_KINDS)}")
        simulator.plant(planted)
        return json_answer({"planted": planted.kind, "reference": planted.reference}, 201)

    def show_settings(self, request: Request) -> Answer:
        return json_answer(self._simulator(request.parameters["provider"]).settings.as_dict())

    def change_settings(self, request: Request) -> Answer:
        wanted = request.json_object()
        chosen = self._chosen(wanted.pop("provider", None))
        try:
            changes = {name: float(value) for name, value in wanted.items()}
            for simulator in chosen:
                simulator.settings.change(changes)
        except KeyError as error:
            raise UnreadableBody(f"unknown setting {error}") from error
        except (TypeError, ValueError) as error:
            raise UnreadableBody(str(error)) from error
        return json_answer({simulator.code: simulator.settings.as_dict() for simulator in chosen})

    def reset(self, request: Request) -> Answer:
        wanted = request.json_object() if request.body else {}
        for simulator in self._chosen(wanted.get("provider")):
            simulator.reset()
        return Answer(204)

    def _simulator(self, code: Any) -> Simulator:
        if not isinstance(code, str) or code not in self._simulators:
            raise UnreadableBody(f"provider must be one of {', '.join(self._simulators)}")
        return self._simulators[code]

    def _chosen(self, code: Any) -> list[Simulator]:
        return [self._simulator(code)] if code else list(self._simulators.values())


def _json_list(values: Iterable[Any]) -> Iterator[bytes]:
    opening = b"["
    for value in values:
        yield opening + json_bytes(value)
        opening = b",\n"
    yield b"[]" if opening == b"[" else b"]"


def _instant(text: str) -> float:
    """Seconds since 1970, or ISO 8601 (UTC unless it says otherwise); "" is the beginning."""
    try:
        return float(text or 0)
    except ValueError:
        pass
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UnreadableBody(str(error)) from error
    return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()


def _day(text: Any) -> date:
    if text in (None, "", "today"):
        return datetime.fromtimestamp(time.time(), UTC).date()
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise UnreadableBody(str(error)) from error
