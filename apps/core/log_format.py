"""One line a log record: the fixed text, then key=value for everything in `extra`."""

from __future__ import annotations

import logging

_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class KeyValueFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        extras = (
            f" {name}={value}" for name, value in vars(record).items() if name not in _STANDARD
        )
        return super().formatMessage(record) + "".join(extras)
