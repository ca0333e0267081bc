"""The lines of a batch that came by the API, one JSON object each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO, Any

from apps.core.tables.cells import Cell, Damaged, MinorUnits
from apps.payout_batches.rules.debtor import Debtor
from apps.payout_batches.rules.raw_line import RawLine


class JsonList:
    """As the API keeps them: each line has been looked at for its shape."""

    debtors: Sequence[Debtor] = ()
    execution_day: date | None = None
    source = "api"

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.warnings: list[dict[str, Any]] = []

    def lines(self) -> Iterator[RawLine]:
        self._file.seek(0)
        for index, text in enumerate(self._file):
            given = json.loads(text)
            cells: dict[str, Cell] = {
                name: value if isinstance(value, str | None) else Damaged("not_text")
                for name, value in given.items()
            }
            if "amount" in given:
                amount = given["amount"]
                is_whole = type(amount) is int
                cells["amount"] = MinorUnits(amount) if is_whole else Damaged("amount_not_integer")
            where = {name: f"lines[{index}].{name}" for name in (*given, "amount", "phone")}
            yield RawLine(index + 1, cells, where)
