"""A bank's status report as a statement of outcomes, where it repeats the amounts."""

from __future__ import annotations

from apps.providers.contract import Operation, Outcome
from apps.statement_formats.rules.items import PassedOver
from tests.statement_formats.files import read, records, refusals

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.002.001.10"


def transfer(reference, status, amount="1500"):
    about = (
        f'<OrgnlTxRef><Amt><InstdAmt Ccy="XOF">{amount}</InstdAmt></Amt></OrgnlTxRef>'
        if amount
        else ""
    )
    return (
        f"<TxInfAndSts><OrgnlEndToEndId>{reference}</OrgnlEndToEndId><TxSts>{status}</TxSts>"
        f"{about}</TxInfAndSts>"
    )


def pain002(*transfers):
    return (
        f'<Document xmlns="{NAMESPACE}"><CstmrPmtStsRpt>'
        "<GrpHdr><MsgId>P1</MsgId><CreDtTm>2026-01-31T18:00:00Z</CreDtTm></GrpHdr>"
        "<OrgnlGrpInfAndSts><OrgnlMsgId>F1</OrgnlMsgId></OrgnlGrpInfAndSts>"
        f"<OrgnlPmtInfAndSts><OrgnlPmtInfId>F1</OrgnlPmtInfId>{''.join(transfers)}"
        "</OrgnlPmtInfAndSts></CstmrPmtStsRpt></Document>"
    )


def test_only_what_is_final_counts_and_an_outcome_needs_its_amount():
    items = read(
        pain002(
            transfer("a1", "ACSC"),
            transfer("a2", "RJCT"),
            transfer("a3", "ACSP"),
            transfer("a4", "ACSC", amount=""),
            transfer("a5", "ACSC", amount="1.5"),
            transfer("NOTPROVIDED", "ACSC"),
            transfer("a7", "ACSC", amount="1E999999999"),
            transfer("a8", "ACSC", amount="1_500"),
        ),
        {"format": "pain002"},
    )

    assert [(one.reference, one.outcome) for one in records(items)] == [
        ("a1", Outcome.SUCCEEDED), ("a2", Outcome.FAILED),
    ]  # fmt: skip
    assert {one.kind for one in records(items)} == {Operation.DISBURSE}
    assert [one.line_number for one in items if isinstance(one, PassedOver)] == [3]
    assert refusals(items) == [
        (4, "amount_not_said"), (5, "amount_not_a_number"), (6, "id_missing"),
        (7, "amount_not_a_number"), (8, "amount_not_a_number"),
    ]  # fmt: skip
