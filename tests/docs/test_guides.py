"""What the guides say of codes, numbers, queues and clocks is what the code has."""

from __future__ import annotations

import importlib
import pkgutil
import re
from datetime import date

import pytest
from django.utils import translation

import apps
from apps.core import database_away
from apps.core.api import fields, problem_details
from apps.core.errors import DomainError
from apps.core.work.outbox import OutboxTopic
from apps.orchestration.services.handle_callback import ReceivedCallbacks
from apps.payments.api import payment_input
from apps.payments.models import PaymentStatus
from apps.payments.rules.representation import PAYMENT_FAILURES
from apps.payouts.rules.representation import PAYOUT_FAILURES
from apps.providers.connectors.mtn_momo.mapping import FAILURE_CODES
from apps.providers.connectors.mtn_momo.simulator.payers import COLLECT_MAGIC, ENDING_START
from apps.providers.connectors.orange_webpay.simulator.endings import ENDINGS
from apps.providers.contract import FailureCode
from apps.providers.rules.failures import FAILURES
from apps.providers.rules.phone_numbers import parse_phone
from apps.providers.simulation.control import Control
from apps.providers.simulation.faults import MAGIC_SUFFIXES, FaultKind
from apps.webhooks.retry_schedule import DELAYS_S
from config.celery import app as celery
from config.event_types import EVENT_TYPES
from config.outbox_routes import ROUTES
from tests.docs.pages import ROOT, read, rows, section, table

ERRORS = "docs/guides/errors.md"
TESTING = "docs/guides/testing.md"
OPERATIONS = "docs/guides/operations.md"
EXPLOITATION = "docs/guides/operations.fr.md"

# One wrong body for each refusal that Django REST framework words itself.
PAYER = {"phone": "677000001"}
GOOD = {"amount": 100, "currency": "XAF", "payer": PAYER}
WRONG_BODIES = [
    {},
    {**GOOD, "currency": None},
    {**GOOD, "currency": ""},
    {**GOOD, "payer": {"phone": ""}},
    {**GOOD, "payer": []},
    {**GOOD, "reference": "x" * 65},
    {**GOOD, "payer": {**PAYER, "operator": "none"}},
    {**GOOD, "payer": {**PAYER, "phone": "6" * 41}},
]


def domain_errors() -> set[type[DomainError]]:
    for module in pkgutil.walk_packages(apps.__path__, "apps."):
        if not re.search(r"\.(tests|migrations|management)\b", module.name):
            importlib.import_module(module.name)
    found = {DomainError}
    while more := {child for each in found for child in each.__subclasses__()} - found:
        found |= more
    return {each for each in found if each.__module__.startswith("apps.")}


def test_every_refusal_is_in_the_table_of_errors():
    codes = section(read(ERRORS), "## Codes")
    explained = {
        code: int(cells[0]) for code, cells in table(codes).items() if cells[0].isdecimal()
    }
    wanted = {error.code: error.status for error in domain_errors()}
    wanted |= {code: error.status_code for error, (code, _) in problem_details.CODES.items()}
    for module in (problem_details, database_away):
        source = re.sub(r"\s+", " ", (ROOT / module.__file__).read_text())
        found = re.findall(r"status=(\d+), code=\"(\w+)\"", source)
        wanted |= {code: int(status) for status, code in found}

    assert explained == wanted


def test_every_refusal_of_a_field_is_in_its_table():
    explained = set(table(section(read(ERRORS), "### Fields of a payment")))
    modules = (fields, payment_input)
    source = "".join((ROOT / module.__file__).read_text() for module in modules)
    wanted = set(re.findall(r"code=\"(\w+)\"", source))
    wanted |= set(re.findall(r"ErrorDetail\(.*?, \"(\w+)\"\)", source, re.DOTALL))
    for body in WRONG_BODIES:
        checked = payment_input.PaymentInput(data=body)
        assert not checked.is_valid()
        wanted |= {error["code"] for error in problem_details._flatten(checked.errors)}

    # Fields that other resources have too are explained there.
    elsewhere = set(table(section(read(ERRORS), "### Fields of a webhook endpoint")))
    assert explained <= wanted <= explained | elsewhere


def test_every_failure_is_told_in_three_voices():
    told = table(section(read(ERRORS), "## Why a payment failed"))

    assert told.keys() == set(PAYMENT_FAILURES)
    for code in PAYMENT_FAILURES:
        failure = FAILURES[FailureCode(code)]
        with translation.override("en"):
            voices = [str(failure.payer), str(failure.merchant), str(failure.agent)]
        assert told[code] == voices


def test_every_failure_of_a_payout_is_told_too():
    text = read(ERRORS)
    told = table(section(text, "## Why a payment failed")) | table(
        section(text, "## Why a payout failed")
    )

    assert told.keys() == {*PAYMENT_FAILURES, *PAYOUT_FAILURES}
    for code in set(PAYOUT_FAILURES) - set(PAYMENT_FAILURES):
        failure = FAILURES[FailureCode(code)]
        with translation.override("en"):
            voices = [str(failure.payer), str(failure.merchant), str(failure.agent)]
        assert told[code] == voices


def test_the_guide_has_the_numbers_of_the_mtn_simulator():
    told = table(section(read(TESTING), "### How it ends"))

    # In a real country MTN's own endings begin otherwise.
    endings = {
        suffix.replace("1234", ENDING_START): magic for suffix, magic in COLLECT_MAGIC.items()
    }
    assert {number.removeprefix("…") for number in told} == set(endings)
    for suffix, magic in endings.items():
        word, payment, failure_code = told[f"…{suffix}"]
        assert word.split(",")[0] == (magic.reason or magic.status)
        assert ("refused at once" in word) == bool(magic.refuse_with)
        if magic.reason:
            assert failure_code == FAILURE_CODES[magic.reason]
            expires = failure_code == FailureCode.PAYER_TIMED_OUT
            assert payment.split(" ")[0] == ("expired" if expires else "failed")


def test_the_guide_has_the_numbers_of_the_faults():
    told = table(section(read(TESTING), "### What goes wrong on the way"))

    assert {number.removeprefix("…"): cells[0] for number, cells in told.items()} == {
        suffix: kind.value for suffix, (kind, _) in MAGIC_SUFFIXES.items()
    }


def test_the_guide_has_the_faults_that_no_number_chooses():
    guide = section(read(TESTING), "## Controlling the simulators")
    sentence = guide.partition("Faults that no number chooses are armed:")[2].partition(".")[0]
    chosen_by_number = {kind for kind, _ in MAGIC_SUFFIXES.values()}

    assert set(re.findall(r"`(\w+)`", sentence)) == {
        kind.value for kind in set(FaultKind) - chosen_by_number - {FaultKind.NONE}
    }


def test_the_guide_has_the_numbers_of_oranges_page():
    told = section(read(TESTING), "## Orange Money")

    assert {suffix for row in rows(told) for suffix in re.findall(r"\d{6}", row[0])} == set(ENDINGS)


def test_the_guide_has_every_control_endpoint():
    told = set(table(section(read(TESTING), "## Controlling the simulators")))

    assert told == {f"{route.method} /control{route.path}" for route in Control({}, None).routes()}


def test_the_guide_says_of_every_event_what_it_says_and_whether_it_must_be_named():
    told = table(section(read("docs/guides/webhooks.md"), "## The events"))
    french = table(section(read("docs/guides/webhooks.fr.md"), "## Les événements"))

    assert told == {
        name + ("¹" if type.is_on_request else ""): [type.text]
        for name, type in EVENT_TYPES.items()
    }
    assert french.keys() == told.keys()


def test_the_guide_has_how_often_a_webhook_is_sent():
    assert f"{len(DELAYS_S) + 1} tries over {round(sum(DELAYS_S) / 3600)} hours" in read(TESTING)


@pytest.mark.parametrize("number", ["+237677900151", "+237677000001", "+2250504900151"])
def test_the_numbers_named_are_mtns(number):
    phone = parse_phone(number, default_country="CM", on=date(2026, 1, 31))

    assert phone.operator == "mtn"


@pytest.mark.parametrize(
    ("page", "heading", "outbox"),
    [(OPERATIONS, "## Queues", "outbox"), (EXPLOITATION, "## Files", "boîte d'envoi")],
)
def test_operations_has_every_topic(page, heading, outbox):
    told = table(section(read(page), heading))

    assert {topic: (cells[0], int(cells[2])) for topic, cells in told.items()} == {
        topic: (route.queue, route.threads) for topic, route in ROUTES.items()
    }
    for topic, route in ROUTES.items():
        assert (outbox in told[topic][1]) == isinstance(
            route.source, OutboxTopic | ReceivedCallbacks
        )


@pytest.mark.parametrize(
    ("page", "heading"), [(OPERATIONS, "## The beat"), (EXPLOITATION, "## Le métronome")]
)
def test_operations_has_every_task_of_the_clock(page, heading):
    told = section(read(page), heading)
    named = {re.match(r"`([\w.]+)`", cells[1])[1] for cells in rows(told)}

    assert named == {entry["task"] for entry in celery.conf.beat_schedule.values()}


def test_the_glossary_has_every_status():
    heading = "## Statuses of a payment — Statuts d'un paiement"

    told = table(section(read("docs/glossary.md"), heading))

    assert set(told) == set(PaymentStatus)


def test_the_glossary_has_the_words_of_the_screens():
    told = {cells[0]: cells[1] for cells in rows(read("docs/glossary.md").replace("`", ""))}
    different = {}
    with translation.override("fr"):
        for english, french in told.items():
            on_screen = translation.gettext(english.replace("_", " ")).replace("’", "'")
            if on_screen not in {english.replace("_", " "), french}:
                different[english] = on_screen

    assert different == {}
