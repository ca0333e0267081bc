"""Banks' statements as ISO 20022: what is booked counts, each transfer, and the sums agree."""

from __future__ import annotations

import io
import pathlib
import tracemalloc

import pytest
from lxml import etree

from apps.core.tables.cells import FileRefused
from apps.providers.contract import Operation, Outcome
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.read_items import read_items
from tests.statement_formats.files import (
    CAMT,
    ZONE,
    balance,
    camt,
    charges,
    details,
    entry,
    read,
    records,
    refusals,
    statement,
    taken_back,
)

SCHEMAS = pathlib.Path(__file__).parents[1] / "settlement" / "schemas"
BOTH = CAMT | {"operation_in": "collect", "operation_out": "disburse"}


def refused(content, **more):
    with pytest.raises(FileRefused) as caught:
        read(content, CAMT | more)
    return caught.value


@pytest.mark.parametrize("message", ["052", "053", "054"])
@pytest.mark.parametrize("version", ["02", "04", "06", "08", "10", "13"])
def test_every_version_is_read_alike(message, version):
    one = entry(1500, details("a1", 1500), is_new=int(version) > 6)

    (line,) = records(read(camt(statement(one), message=message, version=version), BOTH))

    assert (line.reference, line.provider_reference, line.amount) == ("a1", "B1", 1500)
    assert (line.currency, line.outcome, line.kind) == ("XOF", "succeeded", Operation.COLLECT)
    assert line.occurred_at.isoformat() == "2026-01-30T23:00:00+00:00"


def test_what_is_read_is_valid_by_the_official_schema():
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "camt.053.001.08.xsd"))
    one = entry(1500, details("a1", 1500), inner="<BkTxCd><Prtry><Cd>X</Cd></Prtry></BkTxCd>")
    content = camt(
        statement(one).replace("<Acct>", "<CreDtTm>2026-02-01T06:00:00</CreDtTm><Acct>", 1)
    )

    schema.assertValid(etree.fromstring(content))

    assert len(records(read(content, CAMT))) == 1


def test_a_batch_is_read_transfer_by_transfer():
    batch = entry(4000, details("a1", 1500), details("a2", 2500))

    lines = records(read(camt(statement(batch)), CAMT))

    assert [(one.reference, one.amount) for one in lines] == [("a1", 1500), ("a2", 2500)]
    # The entry's reference is of neither.
    assert {one.provider_reference for one in lines} == {""}


def test_transfers_that_do_not_make_their_entry_refuse_the_file_with_the_figures():
    batch = entry(4000, details("a1", 1500), details("a2", 2400))

    why = refused(camt(statement(batch)))

    assert why.code == "details_differ"
    assert (why.values_of["made"], why.values_of["said"]) == ("3900 XOF", "4000 XOF")


def test_sums_that_do_not_add_up_refuse_the_file_with_the_figures():
    why = refused(camt(statement(entry(1500, details("a1", 1500)), closing=2499)))

    assert why.code == "sums_differ"
    assert why.values_of == {
        "statement": "S1", "opening": "1000 XOF", "booked": "1500 XOF", "made": "2500 XOF",
        "closing": "2499 XOF",
    }  # fmt: skip


def test_sums_are_checked_of_each_statement_and_currency():
    euros = entry(250, details("e1", 250, currency="EUR"), currency="EUR")
    good = statement(entry(100, details("a1", 100))) + balance("OPBD", 10, "EUR")
    good += balance("CLBD", 260, "EUR") + euros[0]
    bad = good.replace('<Amt Ccy="EUR">260', '<Amt Ccy="EUR">261')

    assert len(records(read(camt(good, statement()), CAMT))) == 2
    why = refused(camt(statement(), bad))
    assert (why.code, why.values_of["closing"]) == ("sums_differ", "261.00 EUR")


def test_what_is_not_booked_is_passed_over_and_in_no_sum():
    items = read(camt(statement(entry(700, details("a0", 700), status="PDNG"))), CAMT)

    assert [getattr(one, "why", "") for one in items] == ["not_booked"]


def test_a_status_of_the_banks_own_is_a_line_for_a_person():
    odd = entry(0)[0].replace("<Cd>BOOK</Cd>", "<Prtry>MAYBE</Prtry>")

    assert refusals(read(camt(statement((odd, 0))), CAMT)) == [(1, "status_of_bank")]


def test_what_the_bank_took_back_failed():
    back = taken_back(entry(-1500, details("a1", -1500)))

    (line,) = records(read(camt(statement(back)), BOTH))

    assert (line.outcome, line.kind, line.amount) == (Outcome.FAILED, Operation.COLLECT, 1500)


@pytest.mark.parametrize(
    ("booked", "is_included", "amount"),
    [(1485, True, 1500), (1500, False, 1500), (-1515, True, 1500), (-1500, False, 1500)],
)
def test_charges_are_the_fee_and_the_amount_is_before_them(booked, is_included, amount):
    of_transfer = details("a1", booked, inner=charges(15, is_included=is_included))
    of_entry = entry(booked, details("a1"), inner=charges(15, is_included=is_included))

    for one in (entry(booked, of_transfer), of_entry):
        (line,) = records(read(camt(statement(one)), BOTH))
        assert (line.amount, line.fee) == (amount, 15)
        # Where nothing says what was asked, a minus says that it left.
        (line,) = records(read(camt(statement(one)), CAMT))
        assert line.amount == (amount if booked > 0 else -amount)


def test_charges_of_a_whole_batch_are_a_line_of_their_own():
    batch = entry(
        3960, details("a1", 1500), details("a2", 2500), inner=charges(40, is_included=True)
    )

    items = read(camt(statement(batch)), CAMT)

    assert [one.amount for one in records(items)] == [1500, 2500]
    assert [code for _number, code in refusals(items)] == ["charges_of_all"]


def test_another_account_is_refused_by_name():
    why = refused(camt(statement(account="CI00OTHER")))

    assert (why.code, why.values_of["said"]) == ("account_differs", "CI00OTHER")


def test_the_second_statement_of_a_file_may_not_be_of_another_account_either():
    assert refused(camt(statement(), statement(account="XX"))).code == "account_differs"


def test_nothing_is_found_by_a_reference_that_is_none():
    one = entry(1500, details("NOTPROVIDED", 1500))

    (line,) = records(read(camt(statement(one)), CAMT))

    assert (line.reference, line.provider_reference) == ("", "B1")
    nameless = entry(1500, details("NOTPROVIDED", 1500), reference="")
    assert refusals(read(camt(statement(nameless)), CAMT)) == [(1, "id_missing")]


@pytest.mark.parametrize(
    "amount", ["x", "1500.5", "NaN", "9" * 40, "1e400", "1E999999999", "1_500", "15e2", "١٥٠٠"]
)
def test_an_amount_that_cannot_be_read_is_never_another(amount):
    spoiled = camt(statement(entry(1500, details("a1", 1500)))).replace(
        '<Amt Ccy="XOF">1500', f'<Amt Ccy="XOF">{amount}'
    )

    assert refused(spoiled).code == "sums_differ"
    # Where no balance shows it, its line is refused and no other.
    notice = camt(
        statement(entry(1500, details("a1", 1500)), entry(20, details("a2", 20), reference="B2")),
        message="054",
    )
    for code in ("OPBD", "CLBD"):
        notice = notice.replace(code, "XPCD")
    items = read(notice.replace('<Amt Ccy="XOF">1500', f'<Amt Ccy="XOF">{amount}'), CAMT)
    assert [one.amount for one in records(items)] == [20]
    assert len(refusals(items)) == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + camt(statement()), "xml_doctype"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd">' + camt(statement()), "xml_doctype"),
        ('<?xml version="1.0" encoding="UTF-7"?>' + camt(statement()), "xml_encoding"),
        (camt(statement())[:-40], "xml_broken"),
        (camt(statement(entry(5, details("a", 5))))[:600], "xml_broken"),
        (camt(statement()).replace("iso:std", "evil:std"), "camt_unknown"),
        (camt(statement()).replace(".053.001.08", ".053.001.99"), "camt_unknown"),
        ("<html></html>", "camt_unknown"),
        ("ref;amount\n", "file_type_differs"),
        ("", "file_empty"),
    ],
)
def test_what_is_no_such_message_is_refused_as_a_whole(content, code):
    assert refused(content).code == code


def test_a_bomb_of_entities_is_refused():
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "ha">{levels}]>' + camt(statement()).replace("S1", "&e8;")

    assert refused(bomb).code in {"xml_doctype", "xml_broken"}


def test_a_comment_in_an_amount_does_not_cut_it():
    content = camt(statement(entry(1500, details("a1", 1500)))).replace(">1500<", ">15<!-- -->00<")

    (line,) = records(read(content, CAMT))

    assert line.amount == 1500


def peak(entries):
    """The most memory that reading a file of so many entries takes."""
    batch = [entry(10, details(f"a{n}", 10), reference=f"B{n}") for n in range(entries)]
    file = io.BytesIO(camt(statement(*batch)).encode())
    layout = read_layout(CAMT)
    tracemalloc.start()
    count = sum(1 for _ in read_items(file, layout, ZONE))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == entries
    return most


def test_memory_does_not_grow_with_the_file():
    assert peak(1_000) < peak(100) * 2
