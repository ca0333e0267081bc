"""What a batch came to: one explained line for each payee, as people and programs read it."""

from __future__ import annotations

import base64
import csv
from io import BytesIO, StringIO

import pytest
from lxml import etree
from openpyxl import load_workbook
from pyhanko.pdf_utils.reader import PdfFileReader

from apps.merchants import scopes
from apps.payout_batches.rules.line_failures import LINE_FAILURES, MAY_HEAL
from apps.payout_batches.rules.write_pain002 import STATUSES, VERSIONS
from apps.payout_batches.services import build_results as building
from apps.payout_batches.services.build_results import ResultsTooLong, build_results
from apps.payouts.rules.representation import PAYOUT_FAILURES
from apps.providers.contract import FailureCode, Outcome, ProviderResult
from tests.api.conftest import Shop
from tests.payout_batch_runs.conftest import fresh

pytestmark = pytest.mark.django_db

LINES = [
    {"merchant_reference": "=1+1"},
    {},
    {"amount": 50},
    {"status": "invalid", "problems": []},
    {"status": "dropped"},
]


@pytest.fixture
def ended(clock, provider, running, turn, pay_all):
    """One paid, one without an account, one the rail does not take, one invalid, one dropped."""
    batch = running(LINES)
    provider.on_disburse = [
        provider.accept_payout,
        lambda request: ProviderResult(Outcome.FAILED, failure_code=FailureCode.PAYEE_NOT_FOUND),
    ]
    turn(batch)
    pay_all()
    turn(batch)
    return fresh(batch)


def built(batch, kind, clock):
    return build_results(batch, kind=kind, now=clock.now).content


def test_every_code_a_line_fails_with_says_who_must_do_what():
    assert set(PAYOUT_FAILURES) <= set(LINE_FAILURES)
    assert {"payee_not_found", "no_rail", "amount_out_of_range"} & set(MAY_HEAL) == set()
    for failure in LINE_FAILURES.values():
        assert str(failure.sentence) and str(failure.action)


@pytest.mark.parametrize(("language", "said"), [("fr", "Le bénéficiaire"), ("en", "The payee")])
def test_a_csv_explains_each_line_in_the_merchants_language(clock, ended, language, said):
    ended.merchant.language = language
    text = built(ended, "csv", clock).decode("utf-8-sig")
    _headers, *rows = csv.reader(StringIO(text))

    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    # A spreadsheet runs no reference.
    assert rows[0][1] == "'=1+1"
    assert [row[11] for row in rows] == ["", "payee_not_found", "amount_out_of_range", "", ""]
    assert all(row[7] for row in rows)
    assert "6770" not in text.replace("pob_", "")
    assert rows[0][7].startswith(said)
    assert ended.merchant.name[:10] in rows[0][-1] and "1 000 XAF" in rows[0][-1]
    assert [row[-1] for row in rows[1:]] == [""] * 4
    if language == "en":
        assert rows[1][8:10] == [
            "you",
            "Ask the payee for the right number, and send it in a new batch.",
        ]


def test_a_spreadsheet_has_numbers_as_numbers(clock, ended):
    sheet = load_workbook(BytesIO(built(ended, "xlsx", clock))).active
    rows = list(sheet.iter_rows(values_only=True))

    assert [row[4] for row in rows[1:4]] == [1_000, 1_000, 50]
    assert len(rows) == 1 + len(LINES)


# Of docs on the message: what may stand in it, in this order.
ORDER = {
    "CstmrPmtStsRpt": ["GrpHdr", "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts"],
    "GrpHdr": ["MsgId", "CreDtTm"],
    "OrgnlGrpInfAndSts": [
        "OrgnlMsgId", "OrgnlMsgNmId", "OrgnlNbOfTxs", "GrpSts", "NbOfTxsPerSts",
    ],
    "OrgnlPmtInfAndSts": ["OrgnlPmtInfId", "TxInfAndSts"],
    "TxInfAndSts": ["StsId", "OrgnlEndToEndId", "TxSts", "StsRsnInf", "OrgnlTxRef"],
    "StsRsnInf": ["Rsn", "AddtlInf"],
}  # fmt: skip
LENGTHS = {"MsgId": 35, "OrgnlMsgId": 35, "OrgnlEndToEndId": 35, "StsId": 35, "AddtlInf": 105}


@pytest.mark.parametrize("version", VERSIONS)
def test_pain002_is_of_its_version_in_order_within_lengths_and_its_sums_agree(
    clock, ended, version
):
    root = etree.fromstring(built(ended, version, clock))
    space = f"{{urn:iso:std:iso:20022:tech:xsd:{version}}}"

    assert root.tag == f"{space}Document"
    for element in root.iter():
        name = element.tag.removeprefix(space)
        children = [child.tag.removeprefix(space) for child in element]
        if name in ORDER:
            places = [ORDER[name].index(child) for child in children]
            assert places == sorted(places)
        assert len(element.text or "") <= LENGTHS.get(name, 500)
    statuses = [one.text for one in root.iter(f"{space}TxSts")]
    assert statuses == ["ACSC", "RJCT", "RJCT", "RJCT", "RJCT"]
    assert {*statuses} <= {*STATUSES.values()}
    counted = {
        one.find(f"{space}DtldSts").text: int(one.find(f"{space}DtldNbOfTxs").text)
        for one in root.iter(f"{space}NbOfTxsPerSts")
    }
    assert counted == {"ACSC": 1, "RJCT": 4}
    assert root.find(f".//{space}OrgnlNbOfTxs").text == "5"
    assert root.find(f".//{space}GrpSts").text == "PART"
    codes = [one.text for one in root.iter(f"{space}Cd")]
    assert codes == ["AC01", "AM02", "FF01", "CUST"]
    # No decimals where the currency has none.
    amounts = [(one.text, one.get("Ccy")) for one in root.iter(f"{space}InstdAmt")]
    assert amounts[:3] == [("1000", "XAF"), ("1000", "XAF"), ("50", "XAF")]


def test_the_certificate_is_signed(clock, ended):
    pdf = PdfFileReader(BytesIO(built(ended, "pdf", clock)))

    (signature,) = pdf.embedded_signatures
    assert signature.compute_integrity_info() is None or signature.coverage.name == "ENTIRE_FILE"


def test_a_paper_of_too_many_lines_is_refused(clock, ended, monkeypatch):
    monkeypatch.setitem(building.LINES_MAX, "pdf", 4)
    with pytest.raises(ResultsTooLong):
        build_results(ended, kind="pdf", now=clock.now)


@pytest.mark.parametrize("kind", building.KINDS)
def test_a_program_gets_them_in_every_format(clock, ended, kind):
    shop = Shop(ended.merchant, scopes=[scopes.PAYOUTS_READ])
    answer = shop.get(f"/api/v1/payout_batches/{ended.public_id}/results", format=kind)

    assert answer.status_code == 200, answer.content
    assert base64.b64decode(answer.json()["content"])
    strange = shop.get(f"/api/v1/payout_batches/{ended.public_id}/results", format="doc")
    assert strange.status_code == 400
