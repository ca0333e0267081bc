"""Transfers to merchants as our bank reads them: ISO 20022 pain.001.001.09.

Source: the ISO 20022 message definition report of pain.001.001.09.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.core.xml_writer import XmlWriter
from apps.settlement.rules.check_payee import is_iban
from apps.settlement.rules.payee import Payee

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
NAME_MAX = 70
TEXT_MAX = 140
# What every bank takes: basic Latin.
ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/-?:().,'+ ")
# As we write one: Python takes more for a UUID, "+19a…" and "1_9a…".
END_TO_END_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Transfer:
    """`reference` is what the bank says again of it: 35 characters at most."""

    reference: str
    amount: int
    payee: Payee
    text: str


def end_to_end_id(settlement_id: UUID) -> str:
    """Of a settlement, in what the bank says of its transfer."""
    return settlement_id.hex


def read_end_to_end_id(text: str) -> UUID | None:
    """Of whose transfer it may be; None: it is none that we wrote."""
    return UUID(hex=text) if END_TO_END_ID.fullmatch(text) else None


def write_pain001(
    transfers: Sequence[Transfer],
    *,
    file_id: UUID,
    debtor: Payee,
    currency: str,
    day: date,
    now: datetime,
) -> bytes:
    """One order of several transfers out of one account. The sums are of what is written.

    Args:
        debtor: our account of this currency.
        day: when the bank is to do it.
    """
    count, total = str(len(transfers)), _decimal(sum(one.amount for one in transfers), currency)
    xml = XmlWriter()
    with xml.element("Document", {"xmlns": NAMESPACE}), xml.element("CstmrCdtTrfInitn"):
        with xml.element("GrpHdr"):
            xml.text("MsgId", file_id.hex)
            xml.text("CreDtTm", instant_as_json(now))
            xml.text("NbOfTxs", count)
            xml.text("CtrlSum", total)
            with xml.element("InitgPty"):
                xml.text("Nm", _plain(debtor.name)[:NAME_MAX])
        with xml.element("PmtInf"):
            xml.text("PmtInfId", file_id.hex)
            xml.text("PmtMtd", "TRF")
            xml.text("BtchBookg", "false")
            xml.text("NbOfTxs", count)
            xml.text("CtrlSum", total)
            with xml.element("ReqdExctnDt"):
                xml.text("Dt", day.isoformat())
            _party(xml, "Dbtr", debtor)
            _account(xml, "DbtrAcct", debtor)
            _agent(xml, "DbtrAgt", debtor)
            xml.text("ChrgBr", "SLEV")
            for one in transfers:
                _transfer(xml, one, currency)
    return xml.end()


def _transfer(xml: XmlWriter, one: Transfer, currency: str) -> None:
    with xml.element("CdtTrfTxInf"):
        with xml.element("PmtId"):
            xml.text("InstrId", one.reference)
            xml.text("EndToEndId", one.reference)
        with xml.element("Amt"):
            xml.text("InstdAmt", _decimal(one.amount, currency), {"Ccy": currency})
        _agent(xml, "CdtrAgt", one.payee)
        _party(xml, "Cdtr", one.payee)
        _account(xml, "CdtrAcct", one.payee)
        with xml.element("RmtInf"):
            xml.text("Ustrd", _plain(one.text)[:TEXT_MAX])


def _party(xml: XmlWriter, name: str, party: Payee) -> None:
    with xml.element(name):
        xml.text("Nm", _plain(party.name)[:NAME_MAX])


def _agent(xml: XmlWriter, name: str, party: Payee) -> None:
    with xml.element(name), xml.element("FinInstnId"):
        xml.text("BICFI", party.bic)


def _account(xml: XmlWriter, name: str, party: Payee) -> None:
    with xml.element(name), xml.element("Id"):
        if is_iban(party.account):
            xml.text("IBAN", party.account)
        else:
            with xml.element("Othr"):
                xml.text("Id", party.account)


def _decimal(amount: int, currency: str) -> str:
    return f"{Decimal(amount).scaleb(-EXPONENTS[currency]):f}"


def _plain(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text)
    kept = "".join(one if one in ALLOWED else " " for one in bare if not unicodedata.combining(one))
    return " ".join(kept.split()) or "-"
