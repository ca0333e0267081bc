"""Simulators as one WSGI application, each under the prefix of its connector's code."""

from __future__ import annotations

import fcntl
import logging
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from .callbacks import CallbackSender
from .control import Control
from .exchange import Answer, Request, Router, StartResponse, UnreadableBody, json_answer
from .simulator import Context, Simulator
from .store import Store

APPROVE_AFTER_S = 1.0
LOCK_WAIT_S = 10.0

logger = logging.getLogger(__name__)


class Application:
    """Finds the simulator by prefix and the handler by route. `close()` ends its threads."""

    def __init__(
        self, simulators: Mapping[str, Simulator], sender: CallbackSender, lock: IO[str]
    ) -> None:
        self.simulators = simulators
        self.sender = sender
        self._lock = lock
        self.control = Control(simulators, sender)
        self._routers = {code: Router(each.routes()) for code, each in simulators.items()}

    def __call__(
        self, environ: Mapping[str, Any], start_response: StartResponse
    ) -> Iterable[bytes]:
        code = environ["PATH_INFO"].split("/", 2)[1]
        simulator = self.simulators.get(code)
        if simulator is None:
            return _elsewhere(environ).send(start_response)
        request = Request(environ, prefix=f"/{code}")
        handler = self._routers[code].find(request) or simulator.not_found
        try:
            answer = handler(request)
        except UnreadableBody as error:
            answer = simulator.unreadable(request, error)
        return answer.send(start_response)

    def close(self) -> None:
        self.sender.stop()
        for simulator in self.simulators.values():
            simulator.store.close()
        self._lock.close()


def _elsewhere(environ: Mapping[str, Any]) -> Answer:
    """What is no simulator's. That we run is all that everybody may know."""
    if environ["PATH_INFO"] != "/health":
        return json_answer({"error": "no such simulator"}, 404)
    # Whose answer this is, for whoever waits for its own simulators.
    instance = os.environ.get("INSTANCE_ID", "none")
    return json_answer({"status": "ok"}).changed(headers={"Lomi-Instance": instance})


def build_application(
    *,
    data_dir: Path,
    report_dir: Path,
    simulators: Sequence[type[Simulator]],
    approve_after_s: float = APPROVE_AFTER_S,
) -> Application:
    """Open the stores, start the callback threads, promise again what was not sent.

    Raises TimeoutError if another process keeps using `data_dir`.
    """
    data_dir.mkdir(parents=True, exist_ok=True)
    lock = _sole_owner(data_dir)
    sender = CallbackSender()
    started: dict[str, Simulator] = {}
    for simulator_class in simulators:
        code = simulator_class.code
        store = Store(data_dir / f"{code}.sqlite3")
        simulator = simulator_class(Context(store, sender, report_dir, approve_after_s))
        simulator.on_start()
        simulator.resume()
        started[code] = simulator
    sender.start()
    return Application(started, sender, lock)


def _sole_owner(data_dir: Path) -> IO[str]:
    """Two processes over one store would each trust its own memory. The lock dies with us."""
    lock = (data_dir / "lock").open("w")
    give_up_at = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_at:
                lock.close()
                raise TimeoutError(f"another simulator process uses {data_dir}") from None
            time.sleep(0.05)
        else:
            return lock
