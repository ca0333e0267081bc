"""The simulators of all connectors, for a server: `application` is built on first use.

Its environment: LOMI_SIM_DATA_DIR, LOMI_SIM_REPORT_DIR and LOMI_SIM_APPROVE_AFTER_S; with
LOMI_SIM_CONTROL_PORT and SIMULATOR_CONTROL_TOKEN the control door is opened beside it, and with
LOMI_SIM_SFTP_PORT and SIMULATOR_SFTP_KEY too the one where reports are fetched.
"""

from __future__ import annotations

import functools
import os
import threading
import time
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from apps.providers import connectors
from apps.providers.simulation.application import APPROVE_AFTER_S, Application, build_application
from apps.providers.simulation.control_door import ControlDoor, ControlServer
from apps.providers.simulation.report_door import ReportServer
from apps.providers.simulation.simulator import Simulator

# Every connector has one.
SIMULATORS: Sequence[type[Simulator]] = tuple(
    import_module(f"{connectors.__name__}.{code}.simulator").SIMULATOR for code in connectors.CODES
)

PARENT_CHECK_S = 0.2


@functools.cache
def _application_from_environment() -> Application:
    threading.Thread(target=_die_with_parent, args=(os.getppid(),), daemon=True).start()
    built = build_application(
        simulators=SIMULATORS,
        data_dir=Path(os.environ["LOMI_SIM_DATA_DIR"]),
        report_dir=Path(os.environ["LOMI_SIM_REPORT_DIR"]),
        approve_after_s=float(os.environ.get("LOMI_SIM_APPROVE_AFTER_S", APPROVE_AFTER_S)),
    )
    token = os.environ.get("SIMULATOR_CONTROL_TOKEN", "")
    port = int(os.environ.get("LOMI_SIM_CONTROL_PORT", "0"))
    if token and port:
        host = os.environ.get("LOMI_SIM_CONTROL_HOST", "127.0.0.1")
        ControlServer(ControlDoor(built.control, token), host=host, port=port)
    sftp_port = int(os.environ.get("LOMI_SIM_SFTP_PORT", "0"))
    secret = os.environ.get("SIMULATOR_SFTP_KEY", "")
    if token and secret and sftp_port:
        ReportServer(
            Path(os.environ["LOMI_SIM_REPORT_DIR"]),
            connectors.CODES,
            secret=secret,
            token=token,
            host=os.environ.get("LOMI_SIM_CONTROL_HOST", "127.0.0.1"),
            port=sftp_port,
        )
    return built


def _die_with_parent(parent: int) -> None:
    """A server's worker outlives its killed master and keeps the port: leave with it."""
    while os.getppid() == parent:
        time.sleep(PARENT_CHECK_S)
    os._exit(1)


def __getattr__(name: str) -> Any:
    if name == "application":
        return _application_from_environment()
    raise AttributeError(name)
