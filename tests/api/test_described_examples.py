"""The examples of the OpenAPI document: each is what its schema says, is taken when it is sent, and
shows what is answered.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest
from django.utils import timezone
from jsonschema import Draft202012Validator

from apps.approvals.models import Approval, ApprovalRule
from apps.core.api.problem_details import CONTENT_TYPE
from apps.core.ttl_cache import clear_all
from apps.documentation.openapi_document import FILE
from apps.merchants import scopes
from apps.providers.contract import Operation
from apps.support_tickets.models import Ticket
from tests.api.conftest import Shop, payment_body
from tests.api.test_description import UPLOADED, make_objects, make_paid
from tests.conftest import empty_used_tables
from tests.docs.test_guides import domain_errors
from tests.fakes import (
    FAKE,
    OUT,
    FakeConnector,
    FakeProvider,
    changed_profile,
    open_account,
    register,
)
from tests.oauth.conftest import make_certificate
from tests.payout_batch_runs.conftest import ACTS, batch_at, batch_of_another, digest_of
from tests.payouts.fakes import PayingConnector, PayingProvider

DOCUMENT = json.loads(FILE.read_text(encoding="utf-8"))
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
JSON = "application/json"

# Needs a rotation that has begun -> the test that collects one as it is shown.
# Asked of a payment that succeeded.
OF_A_PAID_ONE = {"refunds_create", "disputes_create", "orange_refund"}
ELSEWHERE = {"api_keys_successor", "events_stream_get"}


def resolved(part):
    while "$ref" in part:
        found = DOCUMENT
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        part = found
    return part


def problems(schema, value):
    validator = Draft202012Validator({**schema, "components": DOCUMENT["components"]})
    return [f"{error.json_path}: {error.message}"[:200] for error in validator.iter_errors(value)]


def shown_in(operation):
    """(where, schema, example) of everything an operation shows."""
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    if body:
        yield "request", body["schema"], body["example"]
    for parameter in operation.get("parameters", ()):
        for place in (parameter, parameter["schema"]):
            if "example" in place:
                yield parameter["name"], parameter["schema"], place["example"]
    for status, answer in operation["responses"].items():
        for kind, content in resolved(answer).get("content", {}).items():
            if "example" in content and kind == JSON:
                yield status, content["schema"], content["example"]
            for name, example in content.get("examples", {}).items():
                yield f"{status} {name}", content["schema"], resolved(example)["value"]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_every_example_is_what_its_schema_says(name):
    wrong = {
        where: found
        for where, schema, example in shown_in(OPERATIONS[name][2])
        if (found := problems(schema, example))
    }

    assert wrong == {}


def test_every_refusal_shown_is_one_the_code_has():
    statuses = {error.code: error.status for error in domain_errors()}
    for _method, _path, operation in OPERATIONS.values():
        for status, answer in operation["responses"].items():
            content = resolved(answer).get("content", {}).get(CONTENT_TYPE, {})
            for code, example in content.get("examples", {}).items():
                shown = resolved(example)["value"]
                assert shown["code"] == code
                assert str(shown["status"]) == status
                assert str(statuses.get(code, status)) == status


def know_rails(patch):
    class OrangeConnector(FakeConnector):
        collects = changed_profile(code="fake_orange", operators=("orange",))
        profile = replace(
            collects,
            operations={
                **collects.operations,
                Operation.DISBURSE: replace(OUT, operators=("orange",)),
            },
        )

    register(
        patch,
        {
            FAKE: (PayingProvider(), PayingConnector),
            "fake_orange": (FakeProvider(), OrangeConnector),
        },
    )


@pytest.fixture(scope="module")
def shop_and_made(django_db_setup, django_db_blocker):
    """Made once, with the ids of one of each kind, an event of a payment among them: what a test
    does to them is rolled back.
    """
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        know_rails(patch)
        for connector in (FAKE, "fake_orange"):
            open_account(connector=connector, operations=["collect", "disburse"])
        shop = Shop(scopes=list(scopes.ALL))
        made = make_objects(shop)
        events = shop.get("/api/v1/events", type="payment.created").json()["data"]
    yield shop, {**made, "event_id": events[0]["id"]}
    with django_db_blocker.unblock():
        empty_used_tables()


@pytest.fixture
def merchant_shop(shop_and_made, db, settings, monkeypatch):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**9)
    know_rails(monkeypatch)
    return shop_and_made[0]


@pytest.fixture
def made(shop_and_made):
    return shop_and_made[1]


def ids_for(name, shop, made):
    """Those, but what this operation asks for: a payment of its rail, say."""
    ids = dict(made)
    if "disbursement" in name:
        ids["id_or_reference"] = ids["payout_id"]
    if name.startswith("orange"):
        paid = shop.post(payment_body(payer={"phone": "690000001"}))
        ids["id_or_reference"] = paid.json()["id"]
    if name in OF_A_PAID_ONE:
        operator = "orange" if name.startswith("orange") else "mtn"
        ids["paid_id"] = make_paid(shop, operator=operator).public_id
    act = name.removeprefix("payout_batches_").removesuffix("_get")
    if act in ACTS:
        # Submitted by another key: nobody approves her own.
        batch = batch_at(ACTS[act], shop.merchant, now=timezone.now())
        ids |= {"batch_id": batch.public_id, "digest": bytes(batch.digest or b"").hex()}
    if name in ("approvals_approve", "approvals_reject"):
        approval = Approval.objects.get()
        ids["digest"] = bytes(approval.digest).hex()
    if name == "payout_batch_uploads_finish":
        piece = {"offset": 0, "content": base64.b64encode(UPLOADED).decode()}
        shop.post(piece, path=f"/api/v1/payout_batch_uploads/{ids['upload_id']}/pieces")
    if name == "payouts_cancel":
        sent = {"amount": 100, "currency": "XAF", "payee": {"phone": "677000003"}}
        ids["payout_id"] = _waiting(shop, "payout.send", "/api/v1/payouts", sent)
    if name == "refunds_cancel":
        given_back = {"payment": make_paid(shop, operator="mtn").public_id, "amount": 100}
        ids["refund_id"] = _waiting(shop, "refund.send", "/api/v1/refunds", given_back)
    if name == "payout_batches_lines_confirm":
        batch = batch_of_another(shop.merchant, now=timezone.now())
        digest = digest_of(batch).hex()
        ids |= {"batch_id": batch.public_id, "line_number": "1", "digest": digest}
    if name == "tickets_rating":
        Ticket.objects.update(status="resolved")
    return ids


def _waiting(shop, action, path, body):
    """The id of what others have to approve first."""
    ApprovalRule.objects.create(
        name=action,
        action=action,
        changed_at=timezone.now(),
        steps=[{"persons": 1, "group": None}],
    )
    clear_all()
    return shop.post(body, path=path).json()["id"]


def fitting(name, example, ids):
    """An example with what only this merchant has in its place."""
    if name == "client_certificates_create":
        return {**example, "certificate": make_certificate()[0]}
    if name == "webhook_endpoints_replay" and "event_ids" in example:
        return {**example, "event_ids": [ids["event_id"]]}
    if name in OF_A_PAID_ONE:
        return {**example, "payment": ids["paid_id"]}
    if "digest" in example and "digest" in ids:
        return {**example, "digest": ids["digest"]}
    if name == "tickets_create":
        return {**example, "about": ids["payment_id"]}
    return example


ASKED = OPERATIONS.keys() - ELSEWHERE
READS = sorted(name for name in ASKED if OPERATIONS[name][0] == "get")


def test_every_example_of_what_is_read_is_answered_as_shown(merchant_shop, made, subtests):
    for name in READS:
        with subtests.test(name):
            is_answered_as_shown(merchant_shop, name, ids_for(name, merchant_shop, made))


@pytest.mark.parametrize("name", sorted(ASKED - {*READS}))
def test_every_example_is_taken_and_answered_as_shown(merchant_shop, made, name):
    is_answered_as_shown(merchant_shop, name, ids_for(name, merchant_shop, made))


def is_answered_as_shown(merchant_shop, name, ids):
    method, path, operation = OPERATIONS[name]
    address = path.format(**ids)
    body = operation.get("requestBody", {}).get("content", {}).get(JSON)
    send = getattr(merchant_shop.client, method)
    headers = {"Authorization": f"Bearer {merchant_shop.key}"}
    if method == "post":
        headers["Idempotency-Key"] = f"example-{name}"
    given = {"content_type": JSON, "data": fitting(name, body["example"], ids)} if body else {}

    answer = send(address, headers=headers, **given)

    status, described = next(iter(operation["responses"].items()))
    assert (str(answer.status_code), answer.content) == (status, answer.content)
    content = resolved(described).get("content", {}).get(JSON)
    if content:
        assert problems(content["schema"], answer.json()) == []
        assert unlike(answer.json(), content["example"]) == []


def shown_parameters(operation):
    return [
        each
        for each in operation.get("parameters", ())
        if each["in"] == "query" and "example" in {*each, *each["schema"]}
    ]


def test_every_example_of_a_parameter_is_taken(merchant_shop, made, subtests):
    for name in sorted(name for name in OPERATIONS if shown_parameters(OPERATIONS[name][2])):
        _method, path, operation = OPERATIONS[name]
        ids = ids_for(name, merchant_shop, made)
        for one in shown_parameters(operation):
            parameter = one["name"]
            example = one.get("example", one["schema"].get("example"))
            # An event is known to its merchant alone.
            known = {"after": ids["event_id"], "payment": ids["payment_id"]}
            example = known.get(parameter, example)
            query = (
                {f"{parameter}[{key}]": value for key, value in example.items()}
                if isinstance(example, dict)
                else {parameter: ",".join(example) if isinstance(example, list) else example}
            )
            with subtests.test(name, parameter=parameter):
                answer = merchant_shop.get(path.format(**ids), **query)

                assert (answer.status_code, answer.content) == (200, answer.content)


def unlike(found, shown, where="$"):
    """Where an answer has other fields, or other kinds of value, than its example."""
    if isinstance(shown, dict) and isinstance(found, dict):
        if where.endswith(("metadata", ".data.data")):
            return []
        names = [f"{where}: {name}" for name in sorted(shown.keys() ^ found.keys())]
        return names + [
            each
            for name in sorted(shown.keys() & found.keys())
            for each in unlike(found[name], shown[name], f"{where}.{name}")
        ]
    if isinstance(shown, list) and isinstance(found, list):
        return unlike(found[0], shown[0], where) if found and shown else []
    kinds = {type(found), type(shown)}
    return [f"{where}: {found!r} and {shown!r}"] if len(kinds - {type(None)}) > 1 else []
