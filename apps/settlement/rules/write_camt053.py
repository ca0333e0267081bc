"""A statement as banks' and accountants' programs read it: ISO 20022 camt.053.001.08.

Source: the ISO 20022 message definition report of camt.053.001.08.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS
from apps.core.public_ids import encode_id
from apps.core.xml_writer import XmlWriter
from apps.ledger.rules.postings import SOURCES, TransferKind
from apps.settlement.models import Settlement, SettlementLine

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
REFERENCE_MAX = 35


def write_camt053(
    settlement: Settlement, lines: Iterable[SettlementLine], *, now: datetime
) -> bytes:
    """The opening booked balance, an entry for each line, the closing booked balance."""
    xml = XmlWriter()
    with xml.element("Document", {"xmlns": NAMESPACE}), xml.element("BkToCstmrStmt"):
        with xml.element("GrpHdr"):
            xml.text("MsgId", settlement.pk.hex)
            xml.text("CreDtTm", instant_as_json(now))
        with xml.element("Stmt"):
            xml.text("Id", settlement.pk.hex)
            xml.text("ElctrncSeqNb", str(settlement.number))
            xml.text("CreDtTm", instant_as_json(settlement.created_at))
            # Before the first there was nothing.
            start = settlement.period_start or settlement.period_end
            with xml.element("FrToDt"):
                xml.text("FrDtTm", instant_as_json(start))
                xml.text("ToDtTm", instant_as_json(settlement.period_end))
            with xml.element("Acct"):
                with xml.element("Id"), xml.element("Othr"):
                    xml.text("Id", settlement.merchant.public_id)
                xml.text("Ccy", settlement.currency)
            _balance(xml, "OPBD", settlement, settlement.opening_balance, at=start)
            _balance(xml, "CLBD", settlement, settlement.closing_balance, at=settlement.period_end)
            for line in lines:
                _entry(xml, settlement, line)
    return xml.end()


def _balance(
    xml: XmlWriter, code: str, settlement: Settlement, amount: int, *, at: datetime
) -> None:
    with xml.element("Bal"):
        with xml.element("Tp"), xml.element("CdOrPrtry"):
            xml.text("Cd", code)
        _amount(xml, settlement.currency, amount)
        with xml.element("Dt"):
            xml.text("DtTm", instant_as_json(at))


def _entry(xml: XmlWriter, settlement: Settlement, line: SettlementLine) -> None:
    with xml.element("Ntry"):
        xml.text("NtryRef", str(line.number))
        _amount(xml, settlement.currency, line.amount)
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
