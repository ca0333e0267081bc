"""A list of payees becomes the lines of a draft, or one clear report."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from django.db import connection

from apps.payout_batches.models import PayoutBatch, PayoutBatchLine, PayoutBatchPiece
from apps.payout_batches.services import check_batch as checking
from apps.payout_batches.services.check_batch import BatchReadElsewhere, check_batch
from apps.payout_batches.services.drop_line import drop_line
from apps.payout_batches.services.note_duplicates import note_duplicates
from tests.payout_batches.conftest import codes, odd, shown

pytestmark = pytest.mark.django_db

WAGES = (
    "Nom;Téléphone;Montant;Motif\r\n"
    "Awa Ndiaye;677 00 00 01;15 000;Novembre\r\n"
    "Jean;;2000;Novembre\r\n"
    "Paul;677000003;1.500;Novembre\r\n"
).encode()


def test_good_lines_stand_and_bad_ones_are_listed_with_their_cell(read):
    batch = read(WAGES)

    assert (batch.status, batch.source) == ("draft", "file")
    assert shown(batch) == [(2, "ready", 15_000), (3, "invalid", 2_000), (4, "invalid", None)]
    assert codes(batch) == {3: ["phone_missing"], 4: ["amount_ambiguous"]}
    line = PayoutBatchLine.objects.get(batch=batch, number=4)
    assert line.problems[0] == {
        "code": "amount_ambiguous",
        "column": "amount",
        "values": {"cell": "C4"},
    }


def test_another_amount_of_the_file_says_what_a_point_means(read):
    batch = read(WAGES + b"Luc;677000004;1.500.000;\r\n")

    assert (4, "ready", 1_500) in shown(batch)


def test_a_file_that_uses_a_mark_both_ways_is_never_guessed(read):
    batch = read(WAGES + b"Luc;677000004;1.500.000;\r\nEve;677000005;2000.00;\r\n")

    assert codes(batch)[4] == ["amount_ambiguous"]


def test_what_came_is_forgotten_once_it_is_read(receive, clock):
    batch = receive(WAGES)
    kept = PayoutBatchPiece.objects.get(batch=batch)
    assert b"Awa" not in bytes(kept.content_encrypted)

    check_batch(batch_id=batch.pk, now=clock.now)

    assert not PayoutBatchPiece.objects.filter(batch=batch).exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b" \r\n", "file_empty"),
        (b"Nom;Montant\r\nAwa;1\r\n", "columns_missing"),
        (b"phone;amount\r\n", "no_lines"),
        (b"phone;amount;tel\r\n677000001;5;6\r\n", "column_twice"),
        (b'phone;amount\r\n"677000001;5\r\n', "csv_broken"),
        (
            "phone;amount;name\r\n677000001;5;é\r\n".encode() + b"677000001;5;\xe9\r\n",
            "encoding_broken",
        ),
        (b"phone;amount;devise\r\n677000001;5;XAF\r\n677000002;5;EUR\r\n", "currency_mixed"),
        (b"%PDF-1.4", "file_type_unknown"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "file_type_unknown"),
        (b"PK\x03\x04" + bytes(600), "spreadsheet_broken"),
        (b"<a/>", "pain001_version"),
        (b"phone;amount\r\n\x00;5\r\n", "file_not_text"),
    ],
)
def test_a_file_that_cannot_be_read_ends_the_batch_and_nothing_is_payable(read, content, code):
    batch = read(content)

    assert (batch.status, batch.failure_code) == ("canceled", code)
    assert shown(batch) == []
    assert not PayoutBatchPiece.objects.exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "utf-8"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_writing_of_csv_is_read_alike(read, encoding, delimiter):
    rows = [["Téléphone", "Montant", "Nom"], ["677000001", "15000", "Élie"]]
    text = "\r\n".join(delimiter.join(row) for row in rows) + "\r\n"

    batch = read(text.encode(encoding))

    assert shown(batch) == [(2, "ready", 15_000)]
    assumed = [one["code"] for one in batch.warnings]
    assert assumed == (["encoding_assumed"] if encoding == "cp1252" else [])


def test_an_amount_that_the_comma_has_split_is_not_paid(read):
    batch = read(b"phone,amount,reference\n677000001,15,000\n")

    assert codes(batch) == {2: ["amount_split"]}


def test_cells_beyond_the_heading_are_seen(read):
    batch = read(b"phone,amount\n677000001,15,000\n")

    assert codes(batch)[2][0] == "too_many_cells"


def test_lines_by_api_are_minor_units_and_whole(read):
    lines = [
        {"phone": "677000001", "amount": 15_000, "name": "Awa"},
        {"phone": "677000002", "amount": "15 000"},
        {"phone": "677000003", "amount": True},
    ]

    batch = read(lines)

    assert shown(batch) == [(1, "ready", 15_000), (2, "invalid", None), (3, "invalid", None)]
    assert batch.source == "api"


def test_a_number_that_no_rail_serves_and_an_amount_out_of_bounds_are_listed(read):
    batch = read(b"phone;amount\n+33612345678;5\n677000001;999999999\n222000000;5\n")

    found = codes(batch)
    assert found[2] == ["no_rail"] or found[2] == ["operator_unknown"]
    assert found[3] == ["amount_out_of_range"]
    assert found[4] == ["operator_unknown"] or found[4] == ["invalid_phone_number"]


def test_what_stands_twice_is_a_warning(read):
    batch = read(b"phone;amount;ref\n677000001;5000;a\n+237 677 00 00 01;5000;b\n677000001;700;a\n")

    assert {status for _, status, _ in shown(batch)} == {"ready"}
    assert odd(batch) == {
        2: ["same_payee_and_amount", "same_payee", "same_reference"],
        3: ["same_payee_and_amount", "same_payee"],
        4: ["same_payee", "same_reference"],
    }


def test_a_line_that_goes_or_comes_leaves_what_the_others_say_of_each_other(read, clock):
    # Each line shares its payee with the one before and its reference with the one behind.
    batch = read(
        b"phone;amount;ref\n677000001;100;a\n677000002;200;a\n677000002;300;b\n677000003;400;b\n"
        b"677000003;500;c\n677000001;600;c\n677000003;500;d\n"
    )
    wrong = {}

    for number, is_dropped in itertools.product(range(2, 9), (True, False)):
        drop_line(
            batch_id=batch.pk, number=number, actor="key:one", now=clock.now, is_dropped=is_dropped
        )
        found = odd(batch)
        note_duplicates(batch, now=clock.now)
        if found != odd(batch):
            wrong[number, is_dropped] = (found, odd(batch))

    assert wrong == {}
    assert len(odd(batch)) == 7


def test_an_earlier_batch_with_payee_and_amount_is_a_warning_for_seven_days(read, clock):
    read(b"phone;amount\n677000001;5000\n")
    again = read(b"phone;amount\n677000001;5000\n677000002;5000\n677000003;1\n")
    clock.now += timedelta(days=8)

    later = read(b"phone;amount\n677000001;5000\n1;1\n")

    assert odd(again) == {2: ["paid_lately"]}
    assert odd(later) == {}


def test_the_same_file_and_the_same_list_in_another_order_are_seen(read):
    first = read(b"phone;amount\n677000001;5000\n677000002;600\n")
    same = read(b"phone;amount\n677000001;5000\n677000002;600\n")
    shuffled = read(b"montant;telephone\n600;677 00 00 02\n5000;+237677000001\n")

    assert same.warnings == [{"code": "same_file", "values": {"batch": first.public_id}}]
    assert shuffled.warnings == [{"code": "same_list", "values": {"batch": same.public_id}}]


def test_another_merchant_s_file_and_payees_are_nobody_else_s_business(read):
    from tests.factories import MerchantFactory

    read(WAGES)
    batch = read(WAGES, merchant=MerchantFactory())

    assert (batch.warnings, odd(batch)) == ([], {})


def test_a_reader_that_died_goes_on_where_it_was_with_no_line_twice(receive, clock, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)
    rows = "".join(f"67700{n:04};{n + 1}\n" for n in range(9))
    batch = receive(f"phone;amount\n{rows}".encode())
    store, calls = checking._store, []

    def die(*args, **kwargs):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return store(*args, **kwargs)

    monkeypatch.setattr(checking, "_store", die)
    with pytest.raises(KeyboardInterrupt):
        check_batch(batch_id=batch.pk, now=clock.now)
    assert len(shown(batch)) == 4

    check_batch(batch_id=batch.pk, now=clock.now)
    check_batch(batch_id=batch.pk, now=clock.now)

    assert [number for number, _, _ in shown(batch)] == list(range(2, 11))
    assert PayoutBatch.objects.get(pk=batch.pk).status == "draft"


def test_two_readers_of_one_batch_write_no_line_twice(receive, clock, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)
    batch = receive(b"phone;amount\n677000001;1\n677000002;2\n677000003;3\n677000004;4\n")
    store, seen = checking._store, []

    def overtaken(*args, **kwargs):
        if not seen:
            seen.append(1)
            check_batch(batch_id=batch.pk, now=clock.now)
        return store(*args, **kwargs)

    monkeypatch.setattr(checking, "_store", overtaken)
    check_batch(batch_id=batch.pk, now=clock.now)

    assert [number for number, _, _ in shown(batch)] == [2, 3, 4, 5]


def test_who_meets_another_reader_s_lines_comes_back_later(receive, clock, monkeypatch):
    monkeypatch.setattr(checking, "CHUNK", 2)
    batch = receive(b"phone;amount\n677000001;1\n677000002;2\n677000003;3\n677000004;4\n")
    store, seen = checking._store, []

    def overtaken(batch, rows, *, after):
        if not seen:
            seen.append(1)
            store(batch, rows, after=after)
        return store(batch, rows, after=after)

    monkeypatch.setattr(checking, "_store", overtaken)
    with pytest.raises(BatchReadElsewhere):
        check_batch(batch_id=batch.pk, now=clock.now)


def test_personal_data_is_not_in_the_rows(read):
    batch = read(WAGES)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(l::text, ' ') FROM payout_batches_payoutbatchline l"
            " WHERE batch_id = %s",
            [batch.pk],
        )
        (rows,) = cursor.fetchone()
    for secret in ("677000001", "Ndiaye", "677000003"):
        assert secret not in rows
        assert secret.encode().hex() not in rows
