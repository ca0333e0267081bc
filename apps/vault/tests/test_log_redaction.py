import io
import logging
import sys
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.vault.log_redaction import RedactPersonalData

PHONE = "237677000001"
SECRET = "lomi_sk_live_4hT9xQ2mVb7Kc1Rz8Wn5Yd3Lf6Gj0Ps"  # Made up.
FORMAT = "%(levelname)s %(message)s"


class Journal:
    """A logger whose only handler redacts; `text` is what reached the file."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(formatter)
        handler.addFilter(RedactPersonalData())
        self.logger = logging.Logger("journal")
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


@pytest.fixture
def journal():
    return Journal(logging.Formatter(FORMAT))


def logged(message: str, *args: object) -> str:
    journal = Journal(logging.Formatter("%(message)s"))
    journal.logger.info(message, *args)
    return journal.text.removesuffix("\n")


digits = st.text("0123456789", min_size=9, max_size=15)
# What stands beside a number in a log line: no digit, no "+", no word that vouches for an amount.
beside = st.sampled_from(
    ["", " ", "payer ", "msisdn=", "/", ":", '"', "%2B", "tel", "_", "(", ",", "é"]
)
uuids = st.uuids().map(str)
instants = st.datetimes(timezones=st.just(UTC)).map(datetime.isoformat)
amounts = st.builds(
    "{}{}".format, st.integers(0, 9_999_999_999), st.sampled_from([" XAF", "XOF", " EUR", " USD"])
)
named_amounts = st.builds('"amount": {}'.format, st.integers(-(10**15), 10**15))
separators = st.sampled_from([" ", ", ", " / ", "\n", "; "])


@given(before=beside, plus=st.sampled_from(["", "+"]), number=digits, after=beside)
def test_no_phone_number_reaches_the_log(before, plus, number, after):
    whole = f"{before}{plus}{number}{after}"

    for written in (logged(whole), logged("%s", whole), logged("%(who)r", {"who": whole})):
        assert number not in written
        assert number[:-2] not in written


@given(
    parts=st.lists(uuids | instants | amounts | named_amounts, min_size=1, max_size=4),
    separator=separators,
)
def test_ids_instants_and_amounts_survive(parts, separator):
    whole = separator.join(parts)

    assert logged(whole) == whole
    assert logged("%s", whole) == whole


@given(st.integers(-(10**20), 10**20))
def test_an_integer_argument_is_an_amount(number):
    assert logged("refund of %d to %s", number, "the payer") == f"refund of {number} to the payer"


@pytest.mark.parametrize(
    "text",
    [
        "attempt att_01jd8m5k7c3e8c1a2b7f4a9d1e submitted",
        "at 2026-11-22T00:21:00.123456789Z and 2026-11-22 00:21:00,123456789+01:00",
        "sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "id 01934f5e7a017c3e8c1a223456789012",
        "attempt_01934f5e-7a01-7c3e-8c1a-123456789012",
        "1,500,000,000 XAF, 12345678 rows, 99 % done, status 202",
        "balance=123456789012 fee: 1500000000 gross_amount=150000000000",
        "number of 16 digits: 1234567890123456",
    ],
)
def test_what_is_no_phone_number_survives(text):
    assert logged(text) == text


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"payer {PHONE}", "payer [phone *01]"),
        (f"fee_payer={PHONE} network: {PHONE}", "fee_payer=[phone *01] network: [phone *01]"),
        (f"payer +{PHONE} XAF", "payer [phone *01] XAF"),
        (f"GET /v1/payments?phone=%2B{PHONE}", "GET /v1/payments?phone=%2B[phone *01]"),
        ("payer +237 6 77 00 00 01", "payer [phone *01]"),
        ("payer +237 (6) 77-00-00-01.", "payer [phone *01]."),
        (f"paid +{PHONE} 500 XAF", "paid [phone *01] 500 XAF"),
        (f"key {SECRET}", "key lomi_sk_live_[redacted]"),
        ("key lomi_rk_test_abcDEF123 here", "key lomi_rk_test_[redacted] here"),
        ("signed with whsec_MfKQ9r8GKYqrTwjU+/=", "signed with whsec_[redacted]"),
        ("Authorization: Bearer eyJ0.eyJz-d_Q.c2ln", "Authorization: Bearer [redacted]"),
        (f"authorization: bearer {SECRET}", "authorization: bearer [redacted]"),
    ],
)
def test_phones_and_secrets_are_masked(text, redacted):
    assert logged(text) == redacted
    assert logged(redacted) == redacted


def test_a_secret_is_found_across_message_and_argument():
    assert logged("Authorization: Bearer %s", "abc.def") == "Authorization: Bearer [redacted]"


def test_an_object_that_prints_a_number_is_masked():
    assert logged("refused: %s", ValueError(f"no wallet {PHONE}")) == (
        "refused: no wallet [phone *01]"
    )
    assert logged("%s", [PHONE]) == "['[phone *01]']"


def test_a_traceback_is_masked(journal):
    try:
        raise ValueError(f"no wallet for {PHONE}, key {SECRET}")
    except ValueError:
        journal.logger.exception("payment failed")

    assert "payment failed" in journal.text
    assert "ValueError: no wallet for [phone *01], key lomi_sk_live_[redacted]" in journal.text
    assert PHONE not in journal.text
    assert SECRET not in journal.text


def test_no_formatter_after_us_can_print_the_original_traceback():
    try:
        raise ValueError(f"no wallet for {PHONE}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), sys.exc_info())
    record.stack_info = f"Stack of {PHONE}"

    RedactPersonalData().filter(record)

    assert record.exc_info is None
    assert PHONE not in f"{record.exc_text} {record.stack_info}"


def test_a_traceback_already_formatted_is_masked():
    record = logging.LogRecord("x", logging.ERROR, "", 1, "failed", (), None)
    record.exc_text = f"ValueError: no wallet for {PHONE}"

    RedactPersonalData().filter(record)

    assert record.exc_text == "ValueError: no wallet for [phone *01]"


def test_a_harmless_traceback_is_left_to_the_formatter():
    try:
        raise ValueError("no wallet")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "failed", (), sys.exc_info())

    RedactPersonalData().filter(record)

    assert record.exc_info is not None
    assert record.exc_text is None


def test_extra_fields_are_masked():
    journal = Journal(logging.Formatter("%(message)s %(payer)s %(payment_id)s"))
    payment_id = UUID(int=1)

    journal.logger.info("paid", extra={"payer": PHONE, "payment_id": payment_id})

    assert journal.text == f"paid [phone *01] {payment_id}\n"


def test_objects_in_extra_fields_are_masked_as_they_would_be_printed():
    class Unprintable:
        def __str__(self) -> str:
            raise RuntimeError

    unprintable, rows = Unprintable(), [1, 2]
    extra = {
        "error": ValueError(PHONE),
        "people": [PHONE],
        "amount": 1_500_000_000,
        "rows": rows,
        "odd": unprintable,
    }
    record = logging.makeLogRecord({"msg": "failed", **extra})

    RedactPersonalData().filter(record)

    assert record.error == "[phone *01]"
    assert record.people == "['[phone *01]']"
    assert record.amount == 1_500_000_000
    assert record.rows is rows
    assert record.odd is unprintable


def test_arguments_keep_their_number_for_formatters_that_read_them():
    record = logging.LogRecord("access", logging.INFO, "", 0, "%s %s", (f"/pay/{PHONE}", 200), None)

    RedactPersonalData().filter(record)

    assert record.args == ("/pay/[phone *01]", 200)


def test_named_arguments_are_masked_even_if_not_printed():
    record = logging.LogRecord(
        "x",
        logging.INFO,
        "",
        0,
        "paid %(amount)d",
        ({"amount": 1_500_000_000, "who": PHONE},),
        None,
    )

    RedactPersonalData().filter(record)

    assert record.args == {"amount": 1_500_000_000, "who": "[phone *01]"}
    assert record.getMessage() == "paid 1500000000"


def test_a_harmless_record_is_not_touched():
    args = ("pay_1", 1500)
    record = logging.LogRecord("x", logging.INFO, "", 0, "paid %s %d", args, None)
    before = dict(record.__dict__)

    assert RedactPersonalData().filter(record) is True

    assert record.__dict__ == before


def test_a_wrong_log_call_neither_raises_nor_leaks():
    record = logging.LogRecord("x", logging.INFO, "", 0, f"{PHONE} %s %s", (PHONE,), None)

    assert RedactPersonalData().filter(record) is True

    assert record.msg == "[phone *01] %s %s"
    assert record.args == ("[phone *01]",)
