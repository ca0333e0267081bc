"""Credit transfers as banks' software writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from apps.payout_batches.models import PayoutBatchLine
from apps.payout_batches.services.reject_batch import reject_batch
from apps.payout_batches.services.submit_batch import submit_batch
from tests.factories import MerchantFactory
from tests.fakes import open_account
from tests.payout_batches.conftest import codes, shown
from tests.payout_batches.files import pain001, transfer
from tests.payouts.conftest import give

pytestmark = pytest.mark.django_db

PAIR = (transfer(), transfer("700.00", "+237 677 000 002"))
MOBILE = "<CtctDtls><MobNb>+237-677000003</MobNb></CtctDtls>"


@pytest.mark.parametrize("version", ["03", "09"])
def test_each_transfer_is_a_line(read, version):
    batch = read(pain001(*PAIR, version=version, total="15700.0"))

    assert (batch.status, batch.source) == ("draft", "pain001")
    assert shown(batch) == [(1, "ready", 15_000), (2, "ready", 700)]
    line = PayoutBatchLine.objects.get(batch=batch, number=1)
    assert (line.merchant_reference, line.description) == ("wages-7", "Novembre")


@pytest.mark.parametrize(
    ("file", "code"),
    [
        (pain001(*PAIR, count=3), "count_differs"),
        (pain001(*PAIR, total="15700.5"), "control_sum_differs"),
        (pain001(*PAIR, total="much"), "control_unreadable"),
        (pain001(*PAIR, total="sNaN"), "control_unreadable"),
        (pain001(*PAIR, total="1_5700"), "control_unreadable"),
        (pain001(*PAIR, count="sNaN"), "control_unreadable"),
        (pain001(transfer("15_000")), "pain001_amount"),
        (pain001(transfer("１５０００")), "pain001_amount"),
        (pain001(*PAIR, version="11"), "pain001_version"),
        (pain001(*PAIR, namespace="urn:other:"), "pain001_version"),
        (pain001(*PAIR, method="CHK"), "pain001_method"),
        (pain001(transfer(), transfer(currency="EUR")), "currency_mixed"),
        (pain001(transfer("1e9999999")), "pain001_amount"),
        (pain001(transfer("NaN")), "pain001_amount"),
        (pain001(), "no_lines"),
        (pain001(*PAIR)[:-30], "xml_broken"),
        (
            pain001(
                transfer("15&e;"), head='<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
            ),
            "xml_doctype",
        ),
        (
            pain001(
                transfer("15&c;"),
                head='<!DOCTYPE a [<!ENTITY b "1"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>',
            ),
            "xml_doctype",
        ),
        (
            pain001(*PAIR).replace(b'encoding="UTF-8"', b'encoding="ISO-8859-1"'),
            "xml_encoding",
        ),
    ],
)
def test_a_message_that_does_not_hold_together_is_refused_as_a_whole(read, file, code):
    batch = read(file)

    assert (batch.status, batch.failure_code) == ("canceled", code)
    assert shown(batch) == []


def days_of(batch):
    return [
        (one["code"], one["values"]["day"])
        for one in batch.warnings
        if one["code"].startswith("execution_day")
    ]


@pytest.mark.parametrize(
    ("day", "version"),
    [
        ("2026-03-05", "03"),
        ("2026-03-05", "09"),
        ("<DtTm>2026-03-05T08:00:00+01:00</DtTm>", "09"),
    ],
)
def test_a_batch_is_sent_on_the_day_that_its_file_names(read, clock, day, version):
    batch = read(pain001(*PAIR, version=version, days=(day,)))
    assert days_of(batch) == [("execution_day", "2026-03-05")]
    give(batch.merchant, open_account(), 100_000)

    def submitted(**said):
        made = submit_batch(
            batch_id=batch.pk, submitted_by="key:one", source="api", now=clock.now, **said
        )
        reject_batch(
            batch_id=batch.pk, rejected_by="key:two", reason="x", source="api", now=clock.now
        )
        return made.scheduled_at

    # Midnight in Douala.
    assert submitted() == datetime(2026, 3, 4, 23, 0, tzinfo=UTC)
    # Whoever names another instant means it.
    other = clock.now + timedelta(hours=1)
    assert submitted(scheduled_at=other) == other
    assert submitted() == datetime(2026, 3, 4, 23, 0, tzinfo=UTC)
    clock.now = datetime(2026, 3, 4, 23, 0, tzinfo=UTC)
    assert submitted() is None


def test_a_day_that_is_past_is_now_and_says_so(read):
    assert days_of(read(pain001(*PAIR, days=("2026-03-01",)))) == [
        ("execution_day_past", "2026-03-01")
    ]
    assert days_of(read(pain001(*PAIR, days=("2026-03-02",)))) == []


@pytest.mark.parametrize(
    ("days", "code"),
    [
        (("2027-03-05",), "execution_day_too_far"),
        (("9999-12-31",), "execution_day_too_far"),
        (("2026-02-30",), "execution_day_unreadable"),
        (("soon",), "execution_day_unreadable"),
        (("",), "execution_day_unreadable"),
        (("2026-12-0199",), "execution_day_unreadable"),
        (("20261201",), "execution_day_unreadable"),
        (("2026-W49-2",), "execution_day_unreadable"),
        (("2026-03-05", "2026-03-06"), "execution_days_differ"),
    ],
)
def test_a_day_that_cannot_be_kept_refuses_the_file(read, days, code):
    batch = read(pain001(*PAIR, days=days))

    assert (batch.status, batch.failure_code) == ("canceled", code)
    assert shown(batch) == []


def test_a_comment_within_an_amount_does_not_cut_it(read):
    batch = read(pain001(transfer("15<!-- a -->000")))

    assert shown(batch) == [(1, "ready", 15_000)]


def test_bank_accounts_and_two_numbers_are_listed(read):
    iban = transfer().replace(
        "<Othr><Id>237677000001</Id></Othr>", "<IBAN>CM2110002000300277976315008</IBAN>"
    )
    batch = read(pain001(iban, transfer(more=MOBILE), transfer("900", "", more=MOBILE)))

    assert codes(batch)[1][0] == "account_is_iban"
    assert codes(batch)[2] == ["phone_ambiguous"]
    assert shown(batch)[2] == (3, "ready", 900)
    line = PayoutBatchLine.objects.get(batch=batch, number=2)
    assert line.problems[0]["values"] == {"cell": "CdtTrfTxInf[2]/CdtrAcct"}


def organisation(said: str) -> str:
    return f"<Nm>Shop</Nm><Id><OrgId><Othr><Id>{said}</Id></Othr></OrgId></Id>"


def test_a_message_with_the_id_of_another_merchant_is_refused_as_a_whole(read, merchant):
    other = MerchantFactory().public_id

    batch = read(pain001(*PAIR, debtor=organisation(other)))

    assert (batch.status, batch.failure_code) == ("canceled", "other_merchant")
    assert batch.failure_values == {"said": other}
    assert not PayoutBatchLine.objects.filter(batch=batch).exists()


@pytest.mark.parametrize("said", ["", "RC/DLA/2019/B/1042"])
def test_a_message_with_the_merchant_s_own_id_or_another_register_s_is_read(read, merchant, said):
    batch = read(pain001(*PAIR, debtor=organisation(said or merchant.public_id)))

    assert (batch.status, batch.warnings) == ("draft", [])


@pytest.mark.parametrize(
    ("name", "is_odd"),
    [("SHOP SARL", False), ("Le grand shop", False), ("", False), ("Société Générale", True)],
)
def test_a_debtor_of_another_name_is_pointed_out(read, name, is_odd):
    batch = read(pain001(*PAIR, debtor=f"<Nm>{name}</Nm>"))

    assert batch.status == "draft"
    found = [{"code": "debtor_differs", "values": {"name": name}}] if is_odd else []
    assert batch.warnings == found
