"""Every note of ours has its sentence in the reader's language; others' words are shown as such."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from apps.orchestration.models import AttemptStatus
from apps.orchestration.rules.notes import NOTES, shown_note
from apps.payments.models import PaymentStatus
from apps.providers import contract

ROOT = Path(__file__).resolve().parents[2]
APPS = ("orchestration", "payments", "refunds", "payouts", "webhooks")
# Doors word things for their own readers; an answer of the API may carry a detail too.
DOORS = {"admin", "api", "tests", "migrations", "management", "selectors"}
# Functions that return a note; exceptions and functions that are given one.
RETURNING = {"refusal", "_refusal", "_difference"}
TAKING = {"NoAnswer", "contradiction_message", "contradict_attempt"}
NAMED = {"detail", "contradiction"}
# What we could not do is named by who tried; an error is its name and its own words.
AGAIN = "7 times in a row we could not 7: 7"
ERROR = "7: 7"
CONSTANTS = {"ENDPOINT_DELETED", "HELD_TOO_LONG", "NO_LONGER_WANTED"}


def texts(node):
    """What an expression writes, a figure for whatever is put in."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield "".join(
                one.value if isinstance(one, ast.Constant) else "7" for one in node.values
            )
        case ast.IfExp():
            yield from (*texts(node.body), *texts(node.orelse))
        case ast.BoolOp():
            for one in node.values:
                yield from texts(one)
        case ast.Subscript():
            yield from texts(node.value)


def written(tree):
    """The expressions of a file that become notes."""
    for each in ast.walk(tree):
        match each:
            case ast.FunctionDef() if each.name in RETURNING:
                yield from (one.value for one in ast.walk(each) if isinstance(one, ast.Return))
            case ast.Call():
                yield from (one.value for one in each.keywords if one.arg in NAMED)
                if getattr(each.func, "id", "") in TAKING:
                    yield from each.args
                for one in each.keywords:
                    if one.arg == "what" and isinstance(one.value, ast.Constant):
                        yield ast.Constant(AGAIN.replace("7:", f"{one.value.value}:"))
            case ast.Assign(targets=[target]):
                if getattr(target, "id", getattr(target, "attr", "")) in {
                    *NAMED,
                    "note",
                    *CONSTANTS,
                }:
                    yield each.value


def notes():
    for app in APPS:
        for path in sorted((ROOT / "apps" / app).rglob("*.py")):
            if DOORS.isdisjoint(path.relative_to(ROOT).parts):
                for expression in written(ast.parse(path.read_text())):
                    yield from texts(expression)


def test_every_note_we_write_has_a_sentence():
    found = set(notes()) - {"", AGAIN, ERROR}
    patterns = [re.compile(pattern, re.DOTALL) for pattern in NOTES]

    assert len(found) > 25
    assert [text for text in found if not any(one.fullmatch(text) for one in patterns)] == []


@pytest.mark.parametrize(
    "error",
    [
        each
        for each in vars(contract).values()
        if isinstance(each, type)
        and issubclass(each, contract.ConnectorError)
        and each not in (contract.ConnectorError, contract.CallbackRejected)
    ],
)
def test_whatever_a_line_or_a_provider_says_is_shown_as_its_words(error):
    shown = shown_note(f"{error.__name__}: connection refused")

    assert not shown.startswith(error.__name__)
    assert shown.endswith("connection refused")
    assert shown_note("Solde insuffisant").endswith("Solde insuffisant")
    assert shown_note("") == ""


@pytest.mark.parametrize("status", PaymentStatus.values)
def test_what_a_callback_led_to_is_said_in_french(status):
    with translation.override("fr"):
        shown = shown_note(f"asked: {status}")

        assert shown.startswith("Le prestataire a été interrogé")
        assert shown.endswith(str(PaymentStatus(status).label))


@pytest.mark.parametrize("status", AttemptStatus.values)
def test_what_does_not_agree_is_said_in_french(status):
    with translation.override("fr"):
        shown = shown_note(f"{status}, then succeeded")

        assert str(AttemptStatus(status).label) in shown
        assert "then" not in shown
