"""What our bank says of a file, as ISO 20022 pain.002: of each transfer, paid or rejected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, Any

from apps.core.tables.cells import CellRefused, FileRefused
from apps.core.tables.safe_xml import parts
from apps.statement_formats.rules.bank_amounts import minor_units

# Only these are final: whatever else is said may still change.
PAID = frozenset({"ACSC", "ACCC"})
REJECTED = frozenset({"RJCT", "CANC"})
GROUP, PAYMENT, PAYMENT_STATUS, TRANSFER = (
    "OrgnlGrpInfAndSts",
    "OrgnlPmtInfId",
    "PmtInfSts",
    "TxInfAndSts",
)
HEADER = "GrpHdr"
VERSIONS = tuple(
    f"urn:iso:std:iso:20022:tech:xsd:pain.002.001.{number:02}" for number in range(3, 15)
)
# Ten times what one of our files has.
TRANSFERS_MAX = 5_000
TEXT_MAX = 35


@dataclass(frozen=True, slots=True)
class BankWord:
    """What is said of one transfer. `is_paid` None: not final. `reason` is the bank's code.

    `amount`: in minor units of `currency`, None where it is not said; -1 where it cannot be.
    """

    end_to_end_id: str
    is_paid: bool | None
    reason: str = ""
    amount: int | None = None
    currency: str = ""


@dataclass(frozen=True, slots=True)
class BankMessage:
    """`message_id` is the bank's own. `of_message` is the MsgId of the file that it answers,
    `of_payments` each PmtInfId that it names. `of_all` is said of the file as a whole, where no
    transfer is named. `created` is the instant it bears, as it stands there."""

    message_id: str
    of_message: str
    of_payments: frozenset[str]
    words: Sequence[BankWord]
    of_all: BankWord | None
    created: str = ""


def read_pain002(file: IO[bytes]) -> BankMessage:
    """Raises FileRefused: it is not XML that we read, or names too many transfers."""
    names = ("Document", HEADER, GROUP, PAYMENT, PAYMENT_STATUS, TRANSFER)
    tags = [f"{{{version}}}{name}" for version in VERSIONS for name in names]
    is_known = False
    message_id = of_message = created = ""
    payments: set[str] = set()
    words: list[BankWord] = []
    of_all: BankWord | None = None
    for event, element in parts(file, tags, starts=True):
        is_known = True
        name = element.tag.rpartition("}")[2]
        if event == "start":
            continue
        if name == HEADER:
            message_id, created = _text(element, "{*}MsgId"), _text(element, "{*}CreDtTm")
        elif name == GROUP:
            of_message = _text(element, "{*}OrgnlMsgId")
            of_all = _word(element, "GrpSts") or of_all
        elif name == PAYMENT:
            payments.add(_own(element))
        elif name == PAYMENT_STATUS:
            of_all = _judged("", _own(element)) or of_all
        elif name == TRANSFER:
            words.append(_word(element, "TxSts") or BankWord(_reference(element), None))
            if len(words) > TRANSFERS_MAX:
                raise FileRefused("pain002_too_long")
    if not is_known:
        raise FileRefused("pain002_version")
    is_of_all = of_all is not None and of_all.is_paid is not None and not words
    return BankMessage(
        message_id,
        of_message,
        frozenset(payments),
        words,
        of_all if is_of_all else None,
        created,
    )


def _word(element: Any, status: str) -> BankWord | None:
    said = _text(element, f"{{*}}{status}")
    if not said:
        return None
    found = element.find(".//{*}OrgnlTxRef/{*}Amt/{*}InstdAmt")
    currency = "" if found is None else str(found.get("Ccy", ""))[:3]
    reason = _text(element, "{*}StsRsnInf/{*}Rsn/{*}Cd")
    return _judged(
        _reference(element),
        said,
        reason=reason or _text(element, "{*}StsRsnInf/{*}Rsn/{*}Prtry"),
        amount=None if found is None else _amount(_own(found), currency),
        currency=currency,
    )


def _judged(reference: str, status: str, **more: Any) -> BankWord:
    is_paid = True if status in PAID else False if status in REJECTED else None
    return BankWord(reference, is_paid, **more)


def _reference(element: Any) -> str:
    return _text(element, "{*}OrgnlEndToEndId")


def _amount(text: str, currency: str) -> int:
    """-1 where it is no amount."""
    try:
        return max(minor_units(text, currency), -1)
    except CellRefused:
        return -1


def _text(element: Any, path: str) -> str:
    found = element.find(path)
    return "" if found is None else _own(found)


def _own(element: Any) -> str:
    return (element.text or "").strip().replace("\0", "")[:TEXT_MAX]
