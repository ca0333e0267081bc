"""One line a log record: the fixed text, then key=value for everything in `extra`."""

from __future__ import annotations

import logging

STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

# What would begin a new line, or move the cursor of whoever reads, is written as \x0a or the like.
_CONTROLS = {
    number: ascii(chr(number))[1:-1]
    for number in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F))
}


class KeyValueFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        extras = (
            f" {name}={value}" for name, value in vars(record).items() if name not in STANDARD
        )
        return (super().formatMessage(record) + "".join(extras)).translate(_CONTROLS)

    def format(self, record: logging.LogRecord) -> str:
        """A traceback has lines of its own, each set in: none can pass for a record."""
        first, *more = super().format(record).splitlines()
        return "\n".join([first, *(f"    {line.translate(_CONTROLS)}" for line in more)])
