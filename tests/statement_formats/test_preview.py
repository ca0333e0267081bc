"""What a file would be read as is said of the whole file, and nothing of it is kept."""

from __future__ import annotations

import io
import tracemalloc
from dataclasses import replace

import pytest

from apps.core.models import OutboxMessage
from apps.reconciliation.models import Statement, StatementLine
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.count_repeats import RepeatCounter
from apps.statement_formats.rules.guess_dialect import guess_dialect
from apps.statement_formats.rules.preview import preview_as_json
from apps.statement_formats.selectors import preview_statement as module
from apps.statement_formats.selectors.preview_statement import preview_statement, with_guess
from tests.factories import PaymentFactory
from tests.statement_formats.files import CAMT, LINE, TABLE, ZONE, camt, entry, statement, table

pytestmark = pytest.mark.django_db


def preview(account, content, layout=TABLE):
    file = io.BytesIO(content.encode() if isinstance(content, str) else content)
    return preview_statement(
        file,
        with_guess(file, read_layout(layout)),
        connector=account.connector,
        account=account,
        zone=ZONE,
    )


def test_a_file_that_takes_too_long_is_read_as_far_as_it_goes_and_says_so(account, monkeypatch):
    content = table(*[LINE] * 700)
    assert not preview(account, content).is_cut
    monkeypatch.setattr(module, "READING_S_MAX", 0.0)

    found = preview(account, content)

    assert (found.read, found.is_cut, found.is_usable) == (500, True, True)
    assert preview_as_json(found)["is_cut"]


def test_the_whole_file_is_counted_and_nothing_is_kept(account):
    ours = PaymentFactory(succeeded=True, account=account).attempts.get()
    known = LINE.replace("a1", ours.statement_reference)
    lines = [
        known,
        LINE,
        LINE.replace("T1", "T2").replace("OK", "KO").replace("31/01", "30/01"),
        LINE.replace("1500", "1,500"),
        LINE.replace("1500", "2,500"),
        LINE.replace("a1", "2.21E+11"),
        LINE.replace("OK", "Attente"),
        "TOTAL;;9000",
    ]

    found = preview(account, table(*lines))

    assert (found.read, found.refused, found.refusal) == (3, 3, "")
    assert {code: each.count for code, each in found.refusals.items()} == {
        "amount_ambiguous": 2, "id_rounded": 1,
    }  # fmt: skip
    assert found.refusals["amount_ambiguous"].first[0].startswith("5: C5 (Montant): ")
    assert found.passed_over == {"status": 1, "footer": 1}
    tallies = {key[:2]: (each.count, each.amount, each.fee) for key, each in found.sums.items()}
    assert tallies == {("XOF", "succeeded"): (2, 3000, 30), ("XOF", "failed"): (1, 1500, 15)}
    assert sorted(str(day) for day in found.days) == ["2026-01-30", "2026-01-31"]
    assert (found.repeats, found.references, found.known) == (1, 3, 1)
    assert [row.number for row in found.rows][:2] == [2, 3]
    assert found.rows[0].raw.endswith("1500;15;XOF;OK;31/01/2026 10:00:00")
    assert found.rows[3].problem.startswith("C5 (Montant): ")
    assert not Statement.objects.exists() and not StatementLine.objects.exists()
    assert not OutboxMessage.objects.filter(topic__startswith="reconciliation").exists()


def test_the_delimiter_is_guessed_and_shown_where_it_is_left_open(account):
    lines = [LINE.replace("a1;T1", f"a{n};T{n}").replace(";", "|") for n in range(20)]
    content = table(*lines).replace(";", "|")

    file = io.BytesIO(content.encode())
    layout = with_guess(file, replace(read_layout(TABLE), delimiter=""))

    assert layout.delimiter == "|"
    assert preview(account, content, TABLE | {"delimiter": "|"}).read == 20


def test_why_the_whole_file_is_refused_is_said_beside_its_first_lines(account):
    found = preview(account, table(LINE).replace("Montant", "Somme"))

    assert "Montant" in found.refusal
    assert found.raw[1] == (2, LINE)
    assert not found.is_usable

    found = preview(account, camt(statement(entry(5), closing=1)), CAMT)
    assert "1005 XOF" in found.refusal and not found.is_usable


def test_numbers_of_people_are_masked(account):
    found = preview(account, table(LINE.replace("a1", "237677123456")))

    assert "237677123456" not in found.rows[0].raw + str(found.raw)


def test_repeats_are_counted_in_eight_bytes_a_line():
    counter = RepeatCounter()
    for text in ["a", "b", "a", "c", "a"]:
        counter.add(text)

    assert counter.repeats == 2


def peak(account, lines):
    file = io.BytesIO(table(*(LINE.replace("a1;T1", f"a{n};T{n}") for n in range(lines))).encode())
    layout = read_layout(TABLE)
    # What it imports is no memory of a file.
    guess_dialect(file)
    tracemalloc.start()
    found = preview_statement(file, layout, connector=account.connector, account=account, zone=ZONE)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.read == lines
    return most


def test_memory_does_not_grow_with_the_file(account, monkeypatch):
    # Of the first file too more are read than are asked of the database at once.
    monkeypatch.setattr(module, "ASKED_AT_ONCE", 100)
    few, many = peak(account, 150), peak(account, 600)

    assert many < few * 2
