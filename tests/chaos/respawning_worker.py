"""A Celery worker whose parent starts another when it dies, as granian does with web workers.

    python -m tests.chaos.respawning_worker [arguments of `celery worker`]

The parent has imported everything, so that the next one is there at once. A kill hits the worker
alone; SIGTERM to the parent is passed on, and is the end of both.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType

import django

django.setup()

from celery.bin.celery import celery  # noqa: E402

from apps.core.work.topics import routes  # noqa: E402
from config.celery import app  # noqa: E402

is_stopping = False
worker = 0


def stop(number: int, frame: FrameType | None) -> None:
    global is_stopping
    is_stopping = True
    os.kill(worker, signal.SIGTERM)


def main(arguments: list[str]) -> None:
    global worker
    app.loader.import_default_modules()
    for route in routes().values():
        route.load_handler()
    while not is_stopping:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        worker = os.fork()
        if worker == 0:
            celery(["-A", "config", "worker", *arguments])
        signal.signal(signal.SIGTERM, stop)
        _, status = os.waitpid(worker, 0)
        print(f"worker {worker} ended: {os.waitstatus_to_exitcode(status)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
