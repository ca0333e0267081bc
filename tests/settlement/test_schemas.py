"""What is written for banks and accountants is what ISO 20022 says, whatever is in it."""

import hashlib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from apps.core.money import EXPONENTS
from apps.core.public_ids import new_id
from apps.ledger.rules.postings import DIRECTIONS
from apps.merchants.models import Merchant
from apps.settlement.models import Settlement, SettlementLine
from apps.settlement.rules.payee import Payee
from apps.settlement.rules.write_camt053 import write_camt053
from apps.settlement.rules.write_pain001 import Transfer, end_to_end_id, write_pain001
from apps.settlement.services.build_statement import camt_statement

FOLDER = Path(__file__).parent / "schemas"
DIGESTS = {
    "camt.053.001.08": "ca0b135cc8e2dde5b2f99af6b6c514a8f29d6e7c6cf98e9ea84d247189868ff5",
    "pain.001.001.09": "05440a7e84f695e7dbc6677082f43623cd7393881b76a5e8d648ae21d7d728e3",
}
NOW = datetime(2026, 11, 22, 8, 0, 9, 123456, tzinfo=UTC)
IBAN, RIB = "CM2110003001000500000605306", "10003001000500000605306"

# As check_payee lets them through; a merchant's name may be anything.
PAYEES = st.builds(
    Payee,
    name=st.text(min_size=1, max_size=70).filter(str.strip),
    account=st.sampled_from([IBAN, RIB, "12345", "9" * 34]),
    bic=st.sampled_from(["ABCDCMCX", "ABCDCMCXXXX"]),
)
TRANSFERS = st.lists(
    st.builds(
        Transfer,
        reference=st.builds(lambda: end_to_end_id(new_id())),
        amount=st.integers(1, 10**15),
        payee=PAYEES,
        text=st.one_of(st.text(max_size=200), st.just("Magasin " * 30), st.just("\ufb03" * 60)),
    ),
    min_size=1,
    max_size=3,
)
CURRENCY = st.sampled_from(sorted(EXPONENTS))


@cache
def schema(name):
    return etree.XMLSchema(etree.parse(FOLDER / f"{name}.xsd"))


def is_valid(name, content):
    document = etree.fromstring(content)
    assert schema(name).validate(document), schema(name).error_log
    return document


@pytest.mark.parametrize("name", DIGESTS)
def test_the_schemas_are_those_of_iso(name):
    content = (FOLDER / f"{name}.xsd").read_bytes()

    assert hashlib.sha256(content).hexdigest() == DIGESTS[name]


@settings(max_examples=25)
@given(transfers=TRANSFERS, debtor=PAYEES, currency=CURRENCY)
def test_a_bank_file_is_valid_and_its_sums_are_of_its_transfers(transfers, debtor, currency):
    content = write_pain001(
        transfers, file_id=new_id(), debtor=debtor, currency=currency, day=date(2026, 11, 22),
        now=NOW,
    )  # fmt: skip

    document = is_valid("pain.001.001.09", content)
    amounts = [int(one.text.replace(".", "")) for one in document.iter("{*}InstdAmt")]
    assert amounts == [one.amount for one in transfers]
    for total in document.iter("{*}CtrlSum"):
        assert int(total.text.replace(".", "")) == sum(amounts)
    assert {one.text for one in document.iter("{*}NbOfTxs")} == {str(len(transfers))}


@settings(max_examples=25)
@given(
    amounts=st.lists(st.integers(-(10**15), 10**15), max_size=4),
    opening=st.integers(-(10**15), 10**15),
    currency=CURRENCY,
    kind=st.sampled_from([one.value for one in DIRECTIONS]),
    is_first=st.booleans(),
)
def test_a_statement_is_valid_and_adds_up_from_its_opening_to_its_closing(
    amounts, opening, currency, kind, is_first
):
    settlement = Settlement(
        merchant=Merchant(name="Boutique"), currency=currency, number=12, year=2026,
        opening_balance=opening, closing_balance=opening + sum(amounts), created_at=NOW,
        period_start=None if is_first else datetime(2026, 11, 21, 8, tzinfo=UTC), period_end=NOW,
    )  # fmt: skip
    lines = [
        SettlementLine(
            id=new_id(), number=place, kind=kind, amount=amount, source_id=new_id(), moved_at=NOW
        )
        for place, amount in enumerate(amounts, start=1)
    ]

    document = is_valid(
        "camt.053.001.08", write_camt053(camt_statement(settlement), lines, now=NOW)
    )

    def signed(element):
        amount = int(element.findtext("{*}Amt").replace(".", ""))
        return -amount if element.findtext("{*}CdtDbtInd") == "DBIT" else amount

    first, last = document.iter("{*}Bal")
    entries = [signed(one) for one in document.iter("{*}Ntry")]
    assert entries == amounts
    assert signed(first) + sum(entries) == signed(last)
    # It is opened where the one before was closed.
    begins = document.findtext(".//{*}FrToDt/{*}FrDtTm")
    assert first.findtext("{*}Dt/{*}DtTm") == begins
