"""Whoever reads why a line cannot be read reads it in her language."""

from io import BytesIO

import pytest
from django.utils.translation import override

from apps.providers.connectors.wave.tests.test_movements import item, page, sequence
from apps.providers.connectors.wave.tests.test_movements import read as read_pages
from apps.providers.contract import StatementProblem
from apps.providers.kit.dispute_report import DISPUTE_LAYOUT, read_dispute_report
from apps.providers.kit.tests.test_csv_report import HEADING, LINE, read
from apps.providers.rules.line_problems import shown_problem
from apps.reconciliation.models import Discrepancy
from apps.reconciliation.rules.shown_detail import shown_detail

BROKEN = [
    ("line", LINE.replace("1500", "1,500")),
    ("line", LINE.replace("1500", "12x")),
    ("line", LINE.replace("1500", "1500,50")),
    ("line", LINE.replace("XAF", "F")),
    ("line", LINE.replace("OK", "PERHAPS")),
    ("line", LINE.replace("2026-03-01", "soon")),
    ("line", LINE.replace("ab-1", "2.21E+11")),
    ("line", LINE.replace(";363;ab-1;", ";;;")),
    ("line", LINE.replace(";XAF;OK;", ";")),
    ("line", LINE.replace("363", "3\x0063")),
    ("line", LINE + "x" * 70_000),
    ("heading", HEADING.replace("Statut", "x").replace("Frais", "y")),
]


@pytest.mark.parametrize(("where", "text"), BROKEN, ids=range(len(BROKEN)))
def test_what_a_connector_says_of_a_line_is_said_in_french(where, text):
    lines = [text, LINE] if where == "heading" else [HEADING, text]
    problem = next(one.problem for one in read(*lines) if isinstance(one, StatementProblem))
    broken = Discrepancy(kind=Discrepancy.Kind.UNREADABLE_LINE, detail=problem)

    with override("fr"):
        shown = shown_problem(problem)

        assert shown != problem
        assert shown_detail(broken) == shown
    # What a cell held stays as it came.
    assert [word for word in problem.split("'")[1::2] if word not in shown] == []


DISPUTE = {"case": "C-1", "reference": "r", "amount": "5", "currency": "XAF", "reason": "FRAD"}


@pytest.mark.parametrize(
    "changes",
    [{"case": ""}, {"reference": ""}, {"reason": "odd"}, {"amount": "x"}, {"currency": "F"}],
    ids=lambda changes: next(iter(changes)),
)
def test_what_a_file_of_disputes_does_not_say_is_said_in_french(changes):
    cells = {**DISPUTE, "provider_reference": "", "date": "2026-03-01T08:00:00Z", **changes}
    heading = ";".join([*cells, "due_date"])
    file = BytesIO(f"{heading}\n{';'.join(cells.values())};\n".encode())
    [broken] = read_dispute_report(file, DISPUTE_LAYOUT)

    with override("fr"):
        assert shown_problem(broken.problem) != broken.problem


MOVEMENTS = [
    {"transaction_type": None},
    {"transaction_type": "merchant_sweep"},
    {"transaction_type": "unheard_of"},
    {"amount": "-1500"},
    {"amount": None},
    {"amount": "12x"},
    {"amount": "12.5"},
    {"amount": "0"},
    {"fee": "-15"},
    {"currency": ""},
    {"transaction_id": ""},
    {"timestamp": "soon"},
    {"timestamp": "2026-03-10T10:00:00"},
]


@pytest.mark.parametrize("changes", MOVEMENTS, ids=range(len(MOVEMENTS)))
def test_what_a_list_of_movements_does_not_say_is_said_in_french(changes):
    pages = (page(item(**changes)), "<html>", page() + "rest")
    problems = [
        one.problem for one in read_pages(sequence(*pages)) if isinstance(one, StatementProblem)
    ]

    with override("fr"):
        assert [one for one in problems if shown_problem(one) == one] == []
    assert len(problems) == 3


def test_what_is_not_known_stays_as_it_was_said():
    assert shown_problem("Montant: perhaps") == "Montant: perhaps"
    assert shown_problem("") == ""
