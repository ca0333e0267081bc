"""The public corpus of dirty mornings, in short: the product explains each of them."""

import io
import json
import sys
from zoneinfo import ZoneInfo

import pytest

from apps.providers.contract import StatementRecord
from apps.reconciliation.models import Statement, StatementLine
from apps.statement_formats.rules.check_layout import read_layout
from apps.statement_formats.rules.items import PassedOver, RefusedLine
from apps.statement_formats.rules.read_items import read_items
from benchmarks.morning import generate as generate_module
from benchmarks.morning import score as score_module
from benchmarks.morning.books import ZONE_NAME
from benchmarks.morning.dialects import DIALECTS
from benchmarks.morning.generate import answers, generate, write
from benchmarks.morning.product import verdicts_of
from benchmarks.morning.score import score
from local.stack import ROOT

# One of each way of reading; `make bench NAME=morning` has them all, and more of everything.
READ_APART = ("csv_semicolon_french", "xlsx", "camt053", "mt940")


@pytest.mark.django_db
@pytest.mark.parametrize("dialect", READ_APART)
def test_every_line_of_a_dirty_morning_is_explained_and_none_matched_wrongly(dialect):
    morning = generate(dialect, seed=7, copies=1, clean=4)

    found = score(answers(morning), verdicts_of(morning))

    assert found.differing == []
    # Of what was refused nothing is kept.
    kept = [report for report in morning.reports if not report.refused]
    assert Statement.objects.count() == len(kept)
    assert StatementLine.objects.count() == sum(len(report.movements) for report in kept)
    assert (found.wrong, found.without_reason, found.share) == (0, 0, 1.0)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_a_dialect_writes_is_read_as_it_was_meant(dialect):
    report = next(
        one
        for one in generate(dialect, seed=7, copies=1, clean=4).reports
        if one.name.startswith("today")
    )

    layout = read_layout(DIALECTS[dialect].layout)
    items = read_items(io.BytesIO(report.content), layout, ZoneInfo(ZONE_NAME))
    items = [one for one in items if not isinstance(one, PassedOver)]

    assert len(items) == len(report.movements)
    for item, meant in zip(items, report.movements, strict=True):
        assert isinstance(item, RefusedLine) == (meant.verdict == "unreadable")
        if isinstance(item, StatementRecord):
            assert (abs(item.amount), item.amount < 0) == (meant.amount, meant.has_left)
            assert (item.reference, item.provider_reference) == (
                meant.reference,
                meant.provider_reference,
            )


def test_a_seed_makes_the_same_morning_again_and_another_seed_another(tmp_path):
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        write(generate("xlsx", seed=seed, copies=1, clean=4), tmp_path / name)

    first, again, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("first", "again", "other")
    )
    assert first == again
    assert first["today.xlsx"] != other["today.xlsx"]


def test_a_wrong_match_costs_everything_and_an_honest_doubt_little():
    truth = [{"file": "f", "line": number, "is": "unknown"} for number in range(1, 1001)]
    said = [row | {"why": "not_found"} for row in truth]
    assert score(truth, said).is_passed

    guessed = [*said[:-1], {"file": "f", "line": 1000, "is": "matched", "attempt": "a1"}]
    assert not score(truth, guessed).is_passed
    assert not score(truth, [*said[:-1], truth[-1]]).is_passed
    assert score(truth, [*said[:-1], said[-1] | {"is": "amount"}]).is_passed
    assert not score(truth, [*said, {"attempt": "a1", "is": "matched"}]).is_passed


def test_what_is_written_can_be_read_by_any_engine(tmp_path):
    write(generate("fixed_width", seed=1, copies=1, clean=4), tmp_path)

    about = json.loads((tmp_path / "morning.json").read_text())
    rows = [json.loads(row) for row in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert {row["file"] for row in rows if "file" in row} == {
        report["file"] for report in about["reports"]
    }
    assert all((tmp_path / report["file"]).exists() for report in about["reports"])


PAGE = ROOT / "benchmarks/morning/README.md"


def test_the_commands_of_the_page_make_mornings_and_score_them(tmp_path, monkeypatch, capsys):
    make, judge = (
        line.replace("mornings", str(tmp_path)).split()[2:]
        for line in PAGE.read_text().splitlines()
        if line.startswith("python3 -m ")
    )
    assert (make[0], judge[0]) == ("benchmarks.morning.generate", "benchmarks.morning.score")

    monkeypatch.setattr(sys, "argv", make)
    generate_module.main()
    for path in tmp_path.glob("*/answers.jsonl"):
        rows = [json.loads(row) | {"why": "told"} for row in path.read_text().splitlines()]
        path.with_name("verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(sys, "argv", judge)

    assert score_module.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "100.00% right, 0 wrong, 0 without a reason"
    assert len(list(tmp_path.iterdir())) == len(DIALECTS)


def test_the_verdicts_shown_are_scored():
    shown = [json.loads(row) for row in PAGE.read_text().splitlines() if row.startswith('{"')]

    found = score([{key: row[key] for key in row if key != "why"} for row in shown], shown)

    assert (found.asked, found.right, found.without_reason) == (4, 4, 0)
    assert score(shown, []).right == 0
