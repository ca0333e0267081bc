"""A batch's results as banks' programs read them: ISO 20022 pain.002.

Source: the ISO 20022 message definition reports of pain.002.001.03 and .10. Of both only elements
that are the same in either are written, so that they differ by their namespace and one code.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from xml.sax.saxutils import XMLGenerator

from django.utils.translation import gettext as _

from apps.core.json_format import instant_as_json
from apps.core.money import EXPONENTS, Money
from apps.payout_batches.models import BatchStatus, LineStatus, PayoutBatch, PayoutBatchLine
from apps.payout_batches.rules.explain_line import explain_line
from apps.providers.contract import FailureCode

VERSIONS = ("pain.002.001.03", "pain.002.001.10")
# What each answers.
ORIGINALS: Mapping[str, str] = {
    "pain.002.001.03": "pain.001.001.03",
    "pain.002.001.10": "pain.001.001.09",
}
NOT_PROVIDED = "NOTPROVIDED"
REFERENCE_MAX, REASON_MAX = 35, 105

STATUSES: Mapping[str, str] = {
    LineStatus.READY: "PDNG",
    LineStatus.SENT: "ACSP",
    LineStatus.SUCCEEDED: "ACSC",
    LineStatus.FAILED: "RJCT",
    LineStatus.INVALID: "RJCT",
    LineStatus.DROPPED: "RJCT",
    LineStatus.CANCELED: "RJCT",
}
# ExternalStatusReason1Code; what has none there is MS03, "no reason specified by the agent", and
# its sentence stands beside it.
REASONS: Mapping[str, str] = {
    FailureCode.PAYEE_NOT_FOUND: "AC01",
    "invalid_phone_number": "AC01",
    "legacy_phone_number": "AC01",
    FailureCode.PAYEE_CANNOT_RECEIVE: "AC06",
    FailureCode.INSUFFICIENT_FUNDS: "AM04",
    "amount_out_of_range": "AM02",
    "no_rail": "RC01",
    "wrong_operator": "RC01",
    FailureCode.PROVIDER_UNAVAILABLE: "AB08",
    "rail_closed": "AB08",
}
REASONS_OF_STATUS: Mapping[str, str] = {
    LineStatus.INVALID: "FF01",
    LineStatus.DROPPED: "CUST",
    LineStatus.CANCELED: "CUST",
}
UNSPECIFIED = "MS03"


def write_pain002(
    batch: PayoutBatch,
    lines: Iterable[PayoutBatchLine],
    *,
    version: str,
    language: str,
    now: datetime,
) -> bytes:
    """The report of a described batch: UTF-8, of this version, one status for each line."""
    written = BytesIO()
    xml = _Writer(written)
    sums = batch.line_sums
    with_counts = [(STATUSES[status], sums[status]["count"]) for status in LineStatus.values]
    total = sum(count for _, count in with_counts)
    xml.open("Document", {"xmlns": f"urn:iso:std:iso:20022:tech:xsd:{version}"})
    xml.open("CstmrPmtStsRpt")
    xml.open("GrpHdr")
    # Another each time it is asked for: of the same batch at another moment.
    xml.text("MsgId", f"{batch.public_id[4:]}{int(now.timestamp()):x}"[:REFERENCE_MAX])
    xml.text("CreDtTm", instant_as_json(now))
    xml.close("GrpHdr")
    xml.open("OrgnlGrpInfAndSts")
    xml.text("OrgnlMsgId", _reference(batch.merchant_reference))
    xml.text("OrgnlMsgNmId", ORIGINALS[version])
    xml.text("OrgnlNbOfTxs", str(total))
    xml.text("GrpSts", _group_status(batch, sums))
    for code in dict.fromkeys(STATUSES.values()):
        count = sum(number for one, number in with_counts if one == code)
        if count:
            xml.open("NbOfTxsPerSts")
            xml.text("DtldNbOfTxs", str(count))
            xml.text("DtldSts", code)
            xml.close("NbOfTxsPerSts")
    xml.close("OrgnlGrpInfAndSts")
    xml.open("OrgnlPmtInfAndSts")
    xml.text("OrgnlPmtInfId", NOT_PROVIDED)
    for line in lines:
        _line(xml, batch, line, language=language)
    xml.close("OrgnlPmtInfAndSts")
    xml.close("CstmrPmtStsRpt")
    xml.close("Document")
    xml.end()
    return written.getvalue()


def _line(xml: _Writer, batch: PayoutBatch, line: PayoutBatchLine, *, language: str) -> None:
    status = STATUSES[line.status]
    xml.open("TxInfAndSts")
    xml.text("StsId", str(line.number))
    xml.text("OrgnlEndToEndId", _reference(line.merchant_reference))
    xml.text("TxSts", status)
    if status == "RJCT":
        code = REASONS_OF_STATUS.get(line.status) or REASONS.get(line.failure_code, UNSPECIFIED)
        explained = explain_line(line, language=language)
        said = f"{explained.happened} {explained.action}".strip()
        xml.open("StsRsnInf")
        xml.open("Rsn")
        xml.text("Cd", code)
        xml.close("Rsn")
        for begin in range(0, len(said), REASON_MAX):
            xml.text("AddtlInf", said[begin : begin + REASON_MAX])
        xml.close("StsRsnInf")
    elif line.fee or line.fee_tax:
        # Who bears the charges is written otherwise in either version.
        xml.open("StsRsnInf")
        xml.text("AddtlInf", _charged(line, batch.currency))
        xml.close("StsRsnInf")
    if line.amount:
        amount = Decimal(line.amount).scaleb(-EXPONENTS[batch.currency])
        xml.open("OrgnlTxRef")
        xml.open("Amt")
        xml.text("InstdAmt", f"{amount:f}", {"Ccy": batch.currency})
        xml.close("Amt")
        xml.close("OrgnlTxRef")
    xml.close("TxInfAndSts")


def _charged(line: PayoutBatchLine, currency: str) -> str:
    money = {"fee": Money(line.fee, currency), "tax": Money(line.fee_tax, currency)}
    return _("Fee %(fee)s, tax on it %(tax)s") % money


def _group_status(batch: PayoutBatch, sums: Mapping[str, Mapping[str, int]]) -> str:
    """Of what is final alone: all of it settled, all refused, or part of both."""
    if batch.status not in (BatchStatus.COMPLETED, BatchStatus.CANCELED):
        return "ACSP" if batch.started_at else "PDNG"
    paid = sums[LineStatus.SUCCEEDED]["count"]
    unpaid = sum(one["count"] for one in sums.values()) - paid
    if not paid:
        return "RJCT"
    return "PART" if unpaid else "ACSC"


def _reference(text: str) -> str:
    return text[:REFERENCE_MAX] or NOT_PROVIDED


class _Writer:
    """Elements, each opened and closed; nothing but this writes the document."""

    def __init__(self, written: BytesIO) -> None:
        self._xml = XMLGenerator(written, encoding="utf-8", short_empty_elements=True)
        self._xml.startDocument()

    def open(self, name: str, attributes: Mapping[str, str] | None = None) -> None:
        self._xml.startElement(name, dict(attributes or {}))  # type: ignore[arg-type]

    def close(self, name: str) -> None:
        self._xml.endElement(name)

    def text(self, name: str, value: str, attributes: Mapping[str, str] | None = None) -> None:
        self.open(name, attributes)
        self._xml.characters(value)
        self.close(name)

    def end(self) -> None:
        self._xml.endDocument()
