"""A statement as banks' and accountants' programs read it: ISO 20022 camt.053.001.08.

Source: the ISO 20022 message definition report of camt.053.001.08.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.core.xml_writer import XmlWriter
from apps.ledger.rules.postings import SOURCES, TransferKind

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
REFERENCE_MAX = 35


@dataclass(frozen=True, slots=True)
class CamtStatement:
    """A statement of a merchant's balance. Amounts are minor units of `currency`; `number` is None
    where statements are not numbered."""

    id: UUID
    number: int | None
    created_at: datetime
    begins_at: datetime
    ends_at: datetime
    merchant: str
    currency: str
    opening_balance: int
    closing_balance: int


class CamtLine(Protocol):
    """One movement; `amount` is negative where it was taken."""

    @property
    def number(self) -> int: ...
    @property
    def pk(self) -> UUID: ...
    @property
    def kind(self) -> str: ...
    @property
    def amount(self) -> int: ...
    @property
    def source_id(self) -> UUID: ...
    @property
    def moved_at(self) -> datetime: ...


def write_camt053(statement: CamtStatement, lines: Iterable[CamtLine], *, now: datetime) -> bytes:
    """The opening booked balance, an entry for each line, the closing booked balance."""
    xml = XmlWriter()
    with xml.element("Document", {"xmlns": NAMESPACE}), xml.element("BkToCstmrStmt"):
        with xml.element("GrpHdr"):
            xml.text("MsgId", statement.id.hex)
            xml.text("CreDtTm", instant_as_json(now))
        with xml.element("Stmt"):
            xml.text("Id", statement.id.hex)
            if statement.number is not None:
                xml.text("ElctrncSeqNb", str(statement.number))
            xml.text("CreDtTm", instant_as_json(statement.created_at))
            with xml.element("FrToDt"):
                xml.text("FrDtTm", instant_as_json(statement.begins_at))
                xml.text("ToDtTm", instant_as_json(statement.ends_at))
            with xml.element("Acct"):
                with xml.element("Id"), xml.element("Othr"):
                    xml.text("Id", statement.merchant)
                xml.text("Ccy", statement.currency)
            currency = statement.currency
            _balance(xml, "OPBD", currency, statement.opening_balance, at=statement.begins_at)
            _balance(xml, "CLBD", currency, statement.closing_balance, at=statement.ends_at)
            for line in lines:
                _entry(xml, currency, line)
    return xml.end()


def _balance(xml: XmlWriter, code: str, currency: str, amount: int, *, at: datetime) -> None:
    with xml.element("Bal"):
        with xml.element("Tp"), xml.element("CdOrPrtry"):
            xml.text("Cd", code)
        _amount(xml, currency, amount)
        with xml.element("Dt"):
            xml.text("DtTm", instant_as_json(at))


def _entry(xml: XmlWriter, currency: str, line: CamtLine) -> None:
    with xml.element("Ntry"):
        xml.text("NtryRef", str(line.number))
        _amount(xml, currency, line.amount)
        with xml.element("Sts"):
            xml.text("Cd", "BOOK")
        with xml.element("BookgDt"):
            xml.text("DtTm", instant_as_json(line.moved_at))
        xml.text("AcctSvcrRef", encode_id("tr", line.pk))
        with xml.element("BkTxCd"), xml.element("Prtry"):
            xml.text("Cd", line.kind)
        with xml.element("NtryDtls"), xml.element("TxDtls"), xml.element("Refs"):
            source = encode_id(SOURCES[TransferKind(line.kind)], line.source_id)
            xml.text("EndToEndId", source[:REFERENCE_MAX])


def _amount(xml: XmlWriter, currency: str, amount: int) -> None:
    value = Decimal(abs(amount)).scaleb(-EXPONENTS[currency])
    xml.text("Amt", f"{value:f}", {"Ccy": currency})
    xml.text("CdtDbtInd", "DBIT" if amount < 0 else "CRDT")
