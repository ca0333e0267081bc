"""Whom a machine may lose under load, and how each comes back."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.chaos.orders import Rush
from tests.chaos.platform import Platform, wait_until

VALKEY_AWAY_S = 2.0
# Longer than a request waits for a connection.
POSTGRES_AWAY_S = 5.0


def kill_worker(platform: Platform) -> None:
    platform.stack.kill("worker")


def kill_web(platform: Platform) -> None:
    platform.stack.kill("web")


def kill_valkey(platform: Platform) -> None:
    platform.stack.servers.valkey.kill()


def kill_postgres(platform: Platform) -> None:
    platform.stack.servers.postgres.kill()


def start_worker(platform: Platform, rush: Rush) -> None:
    platform.start_worker()


def start_web(platform: Platform, rush: Rush) -> None:
    platform.stack.restart("web")


def start_valkey(platform: Platform, rush: Rush) -> None:
    time.sleep(VALKEY_AWAY_S)
    # It keeps nothing on the disk: it comes back empty.
    platform.stack.servers.valkey.start()


def start_postgres(platform: Platform, rush: Rush) -> None:
    time.sleep(POSTGRES_AWAY_S)
    wait_until(lambda: rush.answered(503), "an answer 503 while PostgreSQL is away")
    platform.stack.servers.postgres.start()


VICTIMS: dict[str, tuple[Callable[[Platform], None], Callable[[Platform, Rush], None]]] = {
    # What loses callbacks comes first: those payments are asked about after ten seconds.
    "PostgreSQL": (kill_postgres, start_postgres),
    "web": (kill_web, start_web),
    "worker": (kill_worker, start_worker),
    "Valkey": (kill_valkey, start_valkey),
}
