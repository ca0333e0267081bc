"""What our bank says of a file, as ISO 20022 pain.002: of each transfer, paid or rejected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any

from apps.payout_batches.rules.cells import FileRefused
from apps.payout_batches.rules.safe_xml import parts

# Only these are final: whatever else is said may still change.
PAID = frozenset({"ACSC", "ACCC"})
REJECTED = frozenset({"RJCT", "CANC"})
TRANSFER = "TxInfAndSts"
VERSIONS = tuple(
    f"urn:iso:std:iso:20022:tech:xsd:pain.002.001.{number:02}" for number in range(3, 15)
)


@dataclass(frozen=True, slots=True)
class BankAnswer:
    """`is_paid` None: not final. `reason` is the bank's code."""

    end_to_end_id: str
    is_paid: bool | None
    reason: str = ""


def read_pain002(file: IO[bytes]) -> Iterator[BankAnswer]:
    """One for each transfer of which something is said.

    Raises:
        FileRefused: it is not XML that we read.
    """
    tags = [f"{{{version}}}{name}" for version in VERSIONS for name in ("Document", TRANSFER)]
    is_known = False
    for event, element in parts(file, tags, starts=True):
        is_known = True
        if event == "start" or not element.tag.endswith(TRANSFER):
            continue
        status = _text(element, "TxSts")
        is_paid = True if status in PAID else False if status in REJECTED else None
        yield BankAnswer(_text(element, "OrgnlEndToEndId"), is_paid, _text(element, "Cd"))
    if not is_known:
        raise FileRefused("pain002_version")


def _text(element: Any, name: str) -> str:
    found = element.find(f".//{{*}}{name}")
    return "" if found is None or found.text is None else str(found.text).strip()
