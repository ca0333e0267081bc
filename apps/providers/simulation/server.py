"""Serves the simulators with granian, one process: their memory is not shared between two.

Granian rather than a server of our own: it can close a socket without an answer (Answer says how),
and it leaves Python only the simulator's own work. Measured figures: README.md.
"""

from __future__ import annotations

import os
from pathlib import Path

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

# Slow answers and payers hold a thread each; idle ones are let go.
THREADS_MAX = 64


def serve(
    *,
    host: str,
    port: int,
    data_dir: Path,
    report_dir: Path,
    control_host: str = "127.0.0.1",
    control_port: int,
    control_token: str,
    approve_after_s: float | None = None,
    sftp_port: int = 0,
    sftp_key: str = "",
) -> None:
    """Serve until the process is told to stop.

    Args:
        control_token: without one there is no control door.
        sftp_port: where reports are fetched, on `control_host`; without `sftp_key` nowhere.
        approve_after_s: how long a payer thinks; else LOMI_SIM_APPROVE_AFTER_S, else one second.
    """
    # Granian's worker is another process: it reads these.
    os.environ["LOMI_SIM_DATA_DIR"] = str(Path(data_dir).resolve())
    os.environ["LOMI_SIM_REPORT_DIR"] = str(Path(report_dir).resolve())
    os.environ["LOMI_SIM_CONTROL_HOST"] = control_host
    os.environ["LOMI_SIM_CONTROL_PORT"] = str(control_port)
    os.environ["SIMULATOR_CONTROL_TOKEN"] = control_token
    os.environ["LOMI_SIM_SFTP_PORT"] = str(sftp_port)
    os.environ["SIMULATOR_SFTP_KEY"] = sftp_key
    if approve_after_s is not None:
        os.environ["LOMI_SIM_APPROVE_AFTER_S"] = str(approve_after_s)
    Granian(
        "apps.providers.simulators:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS_MAX,
        websockets=False,
        log_level=LogLevels.error,
    ).serve()
