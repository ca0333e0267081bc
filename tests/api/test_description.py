"""The API is what its own OpenAPI document says: schemathesis asks everything the document allows,
and much that it forbids.

LOMI_FUZZ_EXAMPLES=500 make test ARGS=tests/api/test_description.py makes a night of it, with other
questions each time; without it every run asks the same.
"""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
from collections import Counter
from itertools import groupby

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.generation.feedback import FeedbackSources
from schemathesis.pytest._test_builder import build_operation_test
from schemathesis.python._constants.orchestrator import make_constants_value_source

from apps.approvals.models import Approval
from apps.core.api.problem_details import CONTENT_TYPE
from apps.core.public_ids import decode_id
from apps.core.ttl_cache import clear_all
from apps.documentation.openapi_document import FILE
from apps.merchants import scopes
from apps.payout_batches.services.check_batch import check_batch
from config.wsgi import application
from tests.api.conftest import Shop, payment_body
from tests.conftest import empty_used_tables
from tests.day_reports.rows import new_day
from tests.factories import PaymentFactory
from tests.fakes import FAKE, open_account, register
from tests.oauth.conftest import make_certificate
from tests.payout_batch_runs.conftest import batch_at
from tests.payouts.fakes import PayingConnector, PayingProvider
from tests.settlement.rows import new_settlement, new_terms
from tests.tries import at_length

# The piece of a file that the documentation sends.
UPLOADED = b"phone\n"
EXAMPLES = int(os.environ.get("LOMI_FUZZ_EXAMPLES", at_length(0, 50)))

# Understood, and refused for what no schema can say: a number of no operator, a full house.
REFUSED_FOR_ITS_MEANING = ["2xx", "400", "401", "403", "404", "409", "422", "429", "5xx"]
CONFIG = SchemathesisConfig.from_dict(
    {
        **({} if EXAMPLES else {"seed": 1}),
        "generation": {
            "max-examples": EXAMPLES or 1,
            "deterministic": not EXAMPLES,
            # Refused before any schema, as the tests of refusals prove.
            "allow-x00": False,
        },
        "checks": {
            "positive_data_acceptance": {"expected-statuses": REFUSED_FOR_ITS_MEANING},
            # 413 too is a refusal; a 5xx is found by the check of its own.
            "negative_data_rejection": {"expected-statuses": ["4xx"]},
        },
    }
)

# Of what is read, so many questions, and then one in so many.
ALWAYS, SAMPLED = 10, 3

# Stand in the document for the ids of objects that each test makes anew.
KNOWN, STRANGERS = "known_{}", "strangers_{}"
READ = scopes.PAYMENTS_READ
UNKNOWN = "pay_00000000000000000000000000"
# Served by another process, for as long as the reader stays.
STREAM = "/api/v1/events/stream"


def document():
    found = json.loads(FILE.read_text(encoding="utf-8"))
    del found["paths"][STREAM]
    # The example is shortened.
    registration = found["paths"]["/api/v1/client_certificates"]["post"]["requestBody"]
    example = registration["content"]["application/json"]["example"]
    example["certificate"], _ = make_certificate()
    refund = found["paths"]["/api/v1/refunds"]["post"]["requestBody"]
    refund["content"]["application/json"]["example"]["payment"] = KNOWN.format("paid_id")
    dispute = found["paths"]["/api/v1/disputes"]["post"]["requestBody"]
    dispute["content"]["application/json"]["example"]["payment"] = KNOWN.format("paid_id")
    for methods in found["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "path":
                    names = [one.format(parameter["name"]) for one in (KNOWN, STRANGERS)]
                    parameter["schema"] = {"enum": [*names, UNKNOWN]}
                    # Of an object that is nowhere.
                    parameter.pop("example", None)
    # Clients bear a new field; here a field that is not described is a mistake.
    for schema in found["components"]["schemas"].values():
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    for answer in refusals(found):
        # A body's fields have codes of their own, told in the guide on errors.
        if "required" not in answer["examples"]:
            code = {"properties": {"code": {"enum": list(answer["examples"])}}}
            answer["schema"] = {"allOf": [answer["schema"], code]}
    return found


def refusals(found):
    shared = list(found["components"]["responses"].values())
    own = [
        answer
        for methods in found["paths"].values()
        for operation in methods.values()
        for answer in operation["responses"].values()
    ]
    for answer in [*shared, *own]:
        if CONTENT_TYPE in answer.get("content", {}):
            yield answer["content"][CONTENT_TYPE]


class Served:
    """The application, reached by the names above: what they stand for in this test, and how often
    it answered with which status.
    """

    def __init__(self):
        self.ids, self.statuses = {}, Counter()

    def __call__(self, environ, start_response):
        words = environ["PATH_INFO"].split("/")
        path = "/".join(self.ids.get(word, word) for word in words)
        body = environ["wsgi.input"].read()
        for name, public_id in self.ids.items():
            body = body.replace(f'"{name}"'.encode(), f'"{public_id}"'.encode())
        environ = {
            **environ,
            "wsgi.input": io.BytesIO(body),
            **({"CONTENT_LENGTH": str(len(body))} if body else {}),
        }

        said = []

        def count(status, *more):
            said.append(int(status[:3]))
            return start_response(status, *more)

        savepoint = transaction.savepoint()
        answer = application({**environ, "PATH_INFO": path}, count)
        self.statuses.update(said)
        # In a transaction of its own nothing would be left of a request that was refused.
        if said[0] >= 400:
            transaction.savepoint_rollback(savepoint)
        return answer


api = schemathesis.openapi.from_dict(document(), config=CONFIG)
api.app = served = Served()


def make_paid(shop, **fields):
    """A payment that can be given back."""
    open_account(operations=["disburse"])
    # The accounts were read a moment ago.
    clear_all()
    return PaymentFactory(merchant=shop.merchant, succeeded=True, fee=0, **fields)


def make_objects(shop):
    """One of each kind: their ids by the names of the parameters."""

    def made(path, body):
        answer = shop.post(body, path=f"/api/v1/{path}")
        assert answer.status_code < 300, answer.content
        return answer.json()

    # What a payout is sent of.
    PaymentFactory(merchant=shop.merchant, amount=50_000, succeeded=True)
    payment = made("payments", payment_body(reference="order-1"))
    payout = made("payouts", {"amount": 100, "currency": "XAF", "payee": {"phone": "677000003"}})
    endpoint = made("webhook_endpoints", {"url": "https://shop.example/hooks"})["id"]
    made(f"webhook_endpoints/{endpoint}/test", {})
    deliveries = shop.get(f"/api/v1/webhook_endpoints/{endpoint}/deliveries").json()["data"]
    api_key = {"kind": "restricted", "label": "till", "scopes": [READ]}
    dispute = {"payment": make_paid(shop).public_id, "reason": "fraud"}
    dispute_id = made("disputes", dispute)["id"]
    made(f"disputes/{dispute_id}/evidence", {"receipt": "One pair of shoes"})
    application = {"name": "Till", "redirect_uris": ["https://shop.example/back"], "scopes": [READ]}
    certificate, _ = make_certificate()
    ticket = made("tickets", {"subject": "Debited", "body": "Debited.", "about": payment["id"]})[
        "id"
    ]
    file = {"name": "sms.txt", "content": "U01T"}
    attachment = made(f"tickets/{ticket}/attachments", file)["id"]
    batch_id = made("payout_batches", {"lines": [{"phone": "677000003", "amount": 100}]})["id"]
    check_batch(batch_id=decode_id("pob", batch_id), now=timezone.now())
    # Of what the documentation sends as its one piece.
    digest = hashlib.sha256(UPLOADED).hexdigest()
    announced = {"file_name": "wages.csv", "size": len(UPLOADED), "sha256": digest}
    now = timezone.now()
    waiting = batch_at("needs_approval", shop.merchant, now=now)
    settlement = new_settlement(new_terms(shop.merchant, now=now), now=now)
    return {
        "batch_id": batch_id,
        "upload_id": made("payout_batch_uploads", announced)["id"],
        "settlement_id": settlement.public_id,
        "day_report_id": new_day(shop.merchant, now=now).public_id,
        "approval_id": Approval.objects.get(target=waiting.public_id).public_id,
        "line_number": "1",
        "ticket_id": ticket,
        "attachment_id": attachment,
        "application_id": made("oauth_applications", application)["id"],
        "certificate_id": made(
            "client_certificates", {"certificate": certificate, "label": "till", "scopes": [READ]}
        )["id"],
        "payment_id": payment["id"],
        "paid_id": make_paid(shop).public_id,
        "refund_id": made("refunds", {"payment": make_paid(shop).public_id})["id"],
        "payout_id": payout["id"],
        "dispute_id": dispute_id,
        "id_or_reference": payment["id"],
        "event_id": shop.get("/api/v1/events").json()["data"][0]["id"],
        "endpoint_id": endpoint,
        "delivery_id": deliveries[0]["id"],
        "key_id": made("api_keys", api_key)["id"],
    }


def make_account(patch):
    register(patch, {FAKE: (PayingProvider(), PayingConnector)})
    return open_account(operations=["collect", "disburse"])


@pytest.fixture(scope="module")
def shop_and_ids(django_db_setup, django_db_blocker):
    """Made once: what an operation does to these objects is rolled back."""
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        make_account(patch)
        shop = Shop(scopes=list(scopes.ALL))
        ids = {
            known.format(name): public_id
            for known, one in ((KNOWN, shop), (STRANGERS, Shop(scopes=list(scopes.ALL))))
            for name, public_id in make_objects(one).items()
        }
    yield shop, ids
    with django_db_blocker.unblock():
        empty_used_tables()


@pytest.fixture
def key(shop_and_ids, db, monkeypatch, settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)
    make_account(monkeypatch)
    shop, served.ids = shop_and_ids
    # The line bears the transaction that is rolled back: no request may end it.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield shop.key
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


# schemathesis's own `parametrize` draws the cases of every operation while tests are collected,
# in each process anew.
DESCRIBED = [found.ok() for found in api.get_all_operations()]
# Written by one statement without a transaction: tests/api/test_description_of_payments.py.
COMMIT_BY_THEMSELVES = {
    "POST /api/v1/payments", "POST /api/v1/mtn/collection", "POST /api/v1/orange/payment",
}  # fmt: skip
# Of one resource. What is read changes nothing, and is asked of the same objects.
READS = {
    resource: list(reads)
    for resource, reads in groupby(
        sorted((one for one in DESCRIBED if one.method == "get"), key=lambda one: one.path),
        key=lambda one: one.path.split("/")[3],
    )
}


@pytest.mark.longer
@pytest.mark.parametrize("resource", READS)
@pytest.mark.timeout(3600 if EXAMPLES else 300)
def test_everything_read_is_answered_as_described(resource, key, subtests):
    for operation in READS[resource]:
        with subtests.test(operation.label):
            is_answered_as_described(operation, key)


@pytest.mark.longer
@pytest.mark.parametrize(
    "operation",
    [one for one in DESCRIBED if one.method != "get" and one.label not in COMMIT_BY_THEMSELVES],
    ids=lambda one: one.label,
)
@pytest.mark.timeout(3600 if EXAMPLES else 120)
def test_everything_is_answered_as_described(operation, key):
    is_answered_as_described(operation, key)


def is_answered_as_described(operation, key):
    # A list is asked a hundred times for words that all lists share: after the first some of those.
    is_sampled = operation.method == "get" and not EXAMPLES
    numbers = itertools.count()

    def ask(case):
        number = next(numbers)
        if is_sampled and number >= ALWAYS and number % SAMPLED:
            return
        case.call_and_validate(headers={"Authorization": f"Bearer {key}"})

    served.statuses.clear()
    asked = settings(
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
        derandomize=not EXAMPLES,
    )
    load_all_checks()
    build_operation_test(
        config=api.config,
        operation=operation,
        test_func=asked(ask),
        given_kwargs={},
        feedback=FeedbackSources(constants_value_source=make_constants_value_source(api)),
    )()
    # Else nothing was shown but that strangers are refused.
    assert any(200 <= status < 300 for status in served.statuses), served.statuses


@pytest.mark.parametrize("language", ["fr", "en", ""])
def test_the_api_speaks_english_whoever_asks(shop, language):
    answer = shop.post({}, headers={"Accept-Language": language})

    assert answer.json()["detail"] == "amount: This field is required."
    assert answer["Content-Language"] == "en"


def closed_in(schema, document, *, seen=()):
    """Whether a new field anywhere in such an answer would break a strict client."""
    if isinstance(schema, list):
        return any(closed_in(each, document, seen=seen) for each in schema)
    if not isinstance(schema, dict):
        return False
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name in seen:
            return False
        found = document["components"]["schemas"][name]
        return closed_in(found, document, seen=(*seen, name))
    if schema.get("additionalProperties") is False:
        return True
    return any(closed_in(each, document, seen=seen) for each in schema.values())


def bodies(document, part):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            places = (
                [operation.get("requestBody", {})]
                if part == "request"
                else list(operation["responses"].values())
            )
            for place in places:
                for content in place.get("content", {}).values():
                    yield f"{method} {path}", content.get("schema", {})


def test_answers_are_open_and_requests_closed():
    document = json.loads(FILE.read_text(encoding="utf-8"))
    answers = list(bodies(document, "answer"))
    requests = list(bodies(document, "request"))

    assert len(answers) > 30
    assert [name for name, schema in answers if closed_in(schema, document)] == []
    assert [name for name, schema in requests if not closed_in(schema, document)] == []
