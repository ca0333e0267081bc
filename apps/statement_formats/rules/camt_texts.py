"""What the parts of a camt message say, in whatever version: names are looked for, not spaces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.core.tables.cells import CellRefused
from apps.statement_formats.rules.bank_amounts import minor_units
from apps.statement_formats.rules.layout import ReferenceIn

CREDIT, DEBIT = "CRDT", "DBIT"
# What stands where a reference was to be.
NO_REFERENCES = frozenset({"", "NOTPROVIDED", "NONREF", "NONE", "UNKNOWN"})
OUR_PLACES = {
    ReferenceIn.END_TO_END_ID: "Refs/EndToEndId",
    ReferenceIn.INSTRUCTION_ID: "Refs/InstrId",
    ReferenceIn.REMITTANCE: "RmtInf/Ustrd",
}
THEIR_PLACES = ("Refs/AcctSvcrRef", "Refs/TxId", "Refs/UETR", "Refs/ClrSysRef")


@dataclass(frozen=True, slots=True)
class Charges:
    """In minor units: `total` of what the bank took, `included` of what the amount lacks."""

    total: int = 0
    included: int = 0


def own_text(element: Any) -> str:
    return "" if element is None else (element.text or "").strip()


def text_at(element: Any, path: str) -> str:
    return own_text(element.find("/".join(f"{{*}}{name}" for name in path.split("/"))))


def direction(element: Any, *, otherwise: int = 0) -> int:
    """1 for money that came, -1 for money that left. Raises CellRefused: it is not said."""
    said = text_at(element, "CdtDbtInd")
    found = {CREDIT: 1, DEBIT: -1}.get(said, otherwise)
    if not found:
        raise CellRefused("amount_not_a_number")
    return found


def charges_of(element: Any, currency: str) -> Charges:
    """Raises CellRefused: an amount that cannot be read."""
    total = included = 0
    for charges in element.findall("{*}Chrgs"):
        # In the old versions each stands for itself, in the new ones in a record.
        for record in charges.findall("{*}Rcrd") or [charges]:
            amount = record.find("{*}Amt")
            if amount is None or amount.get("Ccy") != currency:
                continue
            # A credit gives charges back.
            sign = -1 if text_at(record, "CdtDbtInd") == CREDIT else 1
            said = sign * minor_units(own_text(amount), currency)
            total += said
            if text_at(record, "ChrgInclInd") in ("true", "1"):
                included += said
    return Charges(total, included)


def references_of(element: Any, place: ReferenceIn) -> tuple[str, str]:
    """Ours and the bank's, of a transfer."""
    theirs = next(filter(None, (_reference(text_at(element, one)) for one in THEIR_PLACES)), "")
    return _reference(text_at(element, OUR_PLACES[place])), theirs


def entry_reference(entry: Any) -> str:
    """The bank's, of a whole entry."""
    return _reference(text_at(entry, "AcctSvcrRef")) or _reference(text_at(entry, "NtryRef"))


def _reference(text: str) -> str:
    return "" if text.upper() in NO_REFERENCES else text
