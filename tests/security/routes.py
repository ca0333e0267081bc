"""Every route of the API, from the URL map, and what a walk along all of them needs.

A new route takes part by itself. What cannot be guessed stands in three tables: an object for each
id in an address, a good body for each POST and PATCH, and what a body or a query may refer to.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.db import connection, transaction
from django.urls import get_resolver
from django.utils import timezone

from apps.approvals.models import Approval, ApprovalRule
from apps.core import ttl_cache
from apps.core.money import Money
from apps.core.public_ids import decode_id, encode_id
from apps.disputes.services.add_evidence import add_evidence
from apps.merchants import scopes
from apps.merchants.authentication import needed_scopes
from apps.merchants.models import Merchant
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.rotate_due_keys import rotate_due_keys
from apps.payments.models import Payment
from apps.payout_batches.models import PayoutBatch
from apps.payout_batches.services.check_batch import check_batch
from apps.payouts.models import Payout
from apps.payouts.services.create_payout import PayoutRequest, create_payout
from apps.settlement.models import Settlement
from apps.support_tickets.models import Ticket
from apps.webhooks.models import Delivery, Event
from apps.webhooks.services.create_endpoint import create_endpoint
from tests.api.conftest import Shop, payment_body
from tests.day_reports.rows import new_day
from tests.factories import MerchantFactory, PaymentFactory
from tests.payout_batch_runs.conftest import ACTS, batch_at, batch_of_another, digest_of
from tests.settlement.rows import new_settlement, new_terms

API = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")

# Documents about the API, for everybody.
PUBLIC = {"GET openapi.json"}

# About the calling credential itself: every credential may.
FOR_EVERY_CREDENTIAL = {"GET me", "POST api_keys/{key_id}/successor"}

Body = dict[str, Any]

# Which transaction this is, and how many rows it wrote.
WRITTEN = """
SELECT pg_current_xact_id(), sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables
"""


@dataclass(frozen=True)
class Route:
    """`path` is as the URL map has it, below /api/v1/: "payments/{payment_id}"."""

    method: str
    path: str
    view: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+)\}", self.path)

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What it needs, all of it; None where the view does not say."""
        if self.method not in getattr(self.view, "scopes", {}):
            return None
        return needed_scopes(self.view, self.method)


class World:
    """A merchant with one object of each kind in one mode; each made when it is first named."""

    def __init__(self, *, livemode: bool = False, merchant: Merchant | None = None) -> None:
        self.merchant = merchant or MerchantFactory()
        self.livemode = livemode
        self.shop = Shop(self.merchant, livemode=livemode)
        # It approves payouts too, which no other key that makes them can: every route is walked.
        self.shop.api_key.scopes = list(scopes.ALL)
        self.shop.api_key.save(update_fields=["scopes"])
        self.rows: dict[str, Any] = {}

    def row(self, kind: str) -> Any:
        if kind not in self.rows:
            assert kind in OBJECTS, f"add an object for {{{kind}}} to OBJECTS in {__file__}"
            self.rows[kind] = OBJECTS[kind](self)
        return self.rows[kind]

    def id(self, kind: str) -> str:
        row = self.row(kind)
        return row if isinstance(row, str) else row.public_id

    def address(self, route: Route) -> str:
        kinds = KINDS.get(route.path, {})
        ids = {name: self.id(kinds.get(name, name)) for name in route.parameters}
        return f"/{API}{route.path.format_map(ids)}"

    def know(self, routes: Sequence[Route]) -> None:
        """Make now whatever a walk of these will name."""
        for route in routes:
            self.address(route)
            if route in WITH_BODY:
                self.body(route)

    def body(self, route: Route) -> Body:
        assert str(route) in BODIES, f"add a good body for {route} to BODIES in {__file__}"
        return BODIES[str(route)](self)


def _payment(world: World, **fields: Any) -> Payment:
    return PaymentFactory(
        merchant=world.merchant, livemode=world.livemode, metadata={"cart": "1"}, **fields
    )


def _payout_body(world: World) -> Body:
    # A paid payment is the balance it is sent of.
    world.row("paid_id")
    return {"amount": 100, "currency": "XAF", "payee": {"phone": "677000003"}}


def _payout(world: World) -> Payout:
    world.row("paid_id")
    with transaction.atomic():
        return create_payout(
            merchant=world.merchant,
            livemode=world.livemode,
            request=PayoutRequest(
                money=Money(100, "XAF"), phone="+237677000003", merchant_reference="wages-7"
            ),
            now=timezone.now(),
        )


def _waiting(world: World, action: str, make: Callable[[World], Any]) -> Any:
    """What others have to approve first."""
    rule = ApprovalRule.objects.create(
        name=action,
        action=action,
        changed_at=timezone.now(),
        steps=[{"persons": 1, "group": None}],
    )
    ttl_cache.clear_all()
    made = make(world)
    rule.delete()
    ttl_cache.clear_all()
    return made


def _batch_body(world: World) -> Body:
    return {"reference": "wages", "lines": [{"phone": "677000003", "amount": 100}]}


def _batch(world: World) -> PayoutBatch:
    """A draft."""
    made = _made_by_api(world, "payout_batches", _batch_body(world))
    batch = PayoutBatch.objects.get(pk=decode_id("pob", made))
    check_batch(batch_id=batch.pk, now=timezone.now())
    return batch


def _made_by_api(world: World, resource: str, body: Body) -> str:
    """The id of an object that the merchant's own program made."""
    answer = world.shop.post(body, path=f"/{API}{resource}")
    assert answer.status_code == 201, answer.content
    return answer.json()["id"]


def _certificate() -> str:
    """A program's own, which nobody else has: PEM."""
    key = Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "till.shop.example")])
    now = timezone.now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, None)
    )
    return made.public_bytes(Encoding.PEM).decode()


def _event(world: World) -> Event:
    payment = world.row("payment_id")
    return Event.objects.filter(object_id=payment.pk).order_by("id")[0]


def _delivery(world: World) -> Delivery:
    return Delivery.objects.create(
        event=world.row("event_id"),
        endpoint=world.row("endpoint_id"),
        status="failed",
        created_at=timezone.now(),
    )


APPLICATION: Body = {
    "name": "till",
    "redirect_uris": ["https://shop.example/back"],
    "scopes": ["payments:read"],
}


def _ticket_body(world: World) -> Body:
    return {
        "subject": "Debited",
        "body": "Our customer was debited.",
        "about": world.id("payment_id"),
    }


# A file of text: "receipt".
ATTACHMENT: Body = {"name": "receipt.txt", "content": "cmVjZWlwdA=="}


def _refund_body(world: World) -> Body:
    return {"payment": world.id("paid_id"), "amount": 100}


def _dispute_body(world: World) -> Body:
    return {"payment": world.id("disputed_payment_id"), "reason": "fraud", "amount": 100}


def _certificate_body(world: World) -> Body:
    return {"certificate": _certificate(), "scopes": ["payments:read"], "label": "till"}


def _batch_at(status: str) -> Callable[[World], PayoutBatch]:
    def make(world: World) -> PayoutBatch:
        world.row("paid_id")
        return batch_at(status, world.merchant, livemode=world.livemode, now=timezone.now())

    return make


def _approval(world: World) -> Approval:
    batch = _batch_at("needs_approval")(world)
    return Approval.objects.get(target=batch.public_id)


def _batch_of_another(world: World) -> PayoutBatch:
    """A draft that another key made, whose payee's wallet is another person's."""
    return batch_of_another(world.merchant, livemode=world.livemode, now=timezone.now())


def _settlement(world: World) -> Settlement:
    now = timezone.now()
    terms = new_terms(world.merchant, livemode=world.livemode, now=now)
    return new_settlement(terms, now=now)


# An object for each name of an id in an address: a row, or the id itself.
OBJECTS: dict[str, Callable[[World], Any]] = {
    "payment_id": _payment,
    "paid_id": lambda world: _payment(world, succeeded=True),
    "paid_orange_id": lambda world: _payment(world, succeeded=True, operator="orange"),
    "orange_payment_id": lambda world: _payment(world, operator="orange"),
    "mtn_payment_id": _payment,
    "refund_id": lambda world: _made_by_api(world, "refunds", _refund_body(world)),
    "disputed_payment_id": lambda world: _payment(world, succeeded=True),
    "dispute_id": lambda world: _made_by_api(world, "disputes", _dispute_body(world)),
    "payout_id": _payout,
    "waiting_payout_id": lambda world: _waiting(world, "payout.send", _payout),
    "waiting_refund_id": lambda world: _waiting(
        world,
        "refund.send",
        lambda one: _made_by_api(
            one, "refunds", {"payment": _payment(one, succeeded=True).public_id, "amount": 100}
        ),
    ),
    "settlement_id": _settlement,
    "day_report_id": lambda world: new_day(
        world.merchant, livemode=world.livemode, now=timezone.now()
    ),
    "batch_id": _batch,
    **{f"{status}_batch_id": _batch_at(status) for status in ACTS.values()},
    "different_batch_id": _batch_of_another,
    "approval_id": _approval,
    "line_number": lambda world: "1",
    "ticket_id": lambda world: _made_by_api(world, "tickets", _ticket_body(world)),
    "attachment_id": lambda world: _made_by_api(
        world, f"tickets/{world.id('ticket_id')}/attachments", ATTACHMENT
    ),
    "event_id": _event,
    "endpoint_id": lambda world: create_endpoint(
        merchant=world.merchant,
        livemode=world.livemode,
        url="https://93.184.215.14/hooks",
        now=timezone.now(),
    )[0],
    "delivery_id": _delivery,
    "key_id": lambda world: create_api_key(
        merchant=world.merchant, livemode=world.livemode, now=timezone.now()
    )[0],
    "application_id": lambda world: _made_by_api(world, "oauth_applications", APPLICATION),
    "certificate_id": lambda world: _made_by_api(
        world, "client_certificates", _certificate_body(world)
    ),
}
# Places within an object: nobody's own, and no secret.
PLACES = {"line_number"}
# Where an address's name of an id does not say enough.
KINDS = {
    "orange/status/{id_or_reference}": {"id_or_reference": "orange_payment_id"},
    "mtn/status/{id_or_reference}": {"id_or_reference": "mtn_payment_id"},
    "payout_batches/{batch_id}/lines/{line_number}/confirm": {"batch_id": "different_batch_id"},
    "payouts/{payout_id}/cancel": {"payout_id": "waiting_payout_id"},
    "refunds/{refund_id}/cancel": {"refund_id": "waiting_refund_id"},
    "mtn/disbursement/status/{id_or_reference}": {"id_or_reference": "payout_id"},
    **{
        f"payout_batches/{{batch_id}}/{act}": {"batch_id": f"{status}_batch_id"}
        for act, status in ACTS.items()
    },
}

# A body that is accepted.
BODIES: dict[str, Callable[[World], Body]] = {
    "POST payments": lambda world: payment_body(),
    "POST payments/{payment_id}/cancel": lambda world: {},
    "POST refunds": _refund_body,
    "POST orange/refund": lambda world: {"payment": world.id("paid_orange_id"), "amount": 100},
    "POST disputes": _dispute_body,
    "POST disputes/{dispute_id}/evidence": lambda world: {"receipt": "One pair of shoes"},
    "POST disputes/{dispute_id}/submit": lambda world: {},
    "POST disputes/{dispute_id}/accept": lambda world: {},
    "POST payment_methods/predict": lambda world: {"phone": "677000001"},
    "POST mtn/collection": lambda world: payment_body(),
    "POST payouts": _payout_body,
    "POST payouts/{payout_id}/cancel": lambda world: {},
    "POST refunds/{refund_id}/cancel": lambda world: {},
    "POST mtn/disbursement": _payout_body,
    "POST orange/payment": lambda world: payment_body(payer={"phone": "690000001"}),
    "POST payout_batches": _batch_body,
    **{
        f"POST payout_batches/{{batch_id}}/{act}": lambda world: {}
        for act in ("submit", "start", "pause", "resume", "cancel", "retry")
    },
    "POST payout_batches/{batch_id}/approve": lambda world: {
        "digest": bytes(world.row("needs_approval_batch_id").digest).hex()
    },
    "POST payout_batches/{batch_id}/reject": lambda world: {"reason": "Line 2 twice"},
    "POST payout_batches/{batch_id}/discard": lambda world: {},
    "PATCH payout_batches/{batch_id}/lines/{line_number}": lambda world: {"amount": 200},
    "POST payout_batches/{batch_id}/lines/{line_number}/drop": lambda world: {},
    "POST payout_batches/{batch_id}/lines/{line_number}/restore": lambda world: {},
    "POST payout_batches/{batch_id}/lines/{line_number}/confirm": lambda world: {
        "digest": digest_of(world.row("different_batch_id")).hex(),
        "reason": "Her own wallet",
    },
    "POST approvals/{approval_id}/approve": lambda world: {
        "digest": bytes(world.row("approval_id").digest).hex()
    },
    "POST approvals/{approval_id}/reject": lambda world: {
        "digest": bytes(world.row("approval_id").digest).hex(),
        "reason": "Line 2 twice",
    },
    "POST tickets": _ticket_body,
    "POST tickets/{ticket_id}/messages": lambda world: {"body": "Thank you."},
    "POST tickets/{ticket_id}/attachments": lambda world: ATTACHMENT,
    "POST tickets/{ticket_id}/close": lambda world: {},
    "POST tickets/{ticket_id}/rating": lambda world: {"score": 5},
    "POST oauth_applications": lambda world: APPLICATION,
    "PATCH oauth_applications/{application_id}": lambda world: {"name": "counter"},
    "POST client_certificates": _certificate_body,
    "POST api_keys": lambda world: {"kind": "restricted", "scopes": ["payments:read"]},
    "PATCH api_keys/{key_id}": lambda world: {"label": "till"},
    "POST api_keys/{key_id}/rotate": lambda world: {"overlap_hours": 1},
    "POST api_keys/{key_id}/successor": lambda world: {},
    "POST events/{event_id}/replay": lambda world: {"webhook_endpoint": world.id("endpoint_id")},
    "POST realtime/tickets": lambda world: {},
    "POST webhook_endpoints": lambda world: {"url": "https://93.184.215.14/more"},
    "PATCH webhook_endpoints/{endpoint_id}": lambda world: {"description": "till"},
    "POST webhook_endpoints/{endpoint_id}/rotate_secret": lambda world: {"overlap_hours": 1},
    "POST webhook_endpoints/{endpoint_id}/test": lambda world: {},
    "POST webhook_endpoints/{endpoint_id}/resume": lambda world: {},
    "POST webhook_endpoints/{endpoint_id}/replay": lambda world: {
        "event_ids": [world.id("event_id")]
    },
    "POST webhook_endpoints/{endpoint_id}/deliveries/{delivery_id}/resend": lambda world: {},
}

# Bodies of one's own that name another's object.
REFERENCES: list[tuple[str, Callable[[World], Body]]] = [
    ("POST refunds", lambda other: {"payment": other.id("paid_id")}),
    ("POST orange/refund", lambda other: {"payment": other.id("paid_id")}),
    ("POST disputes", lambda other: {"payment": other.id("paid_id"), "reason": "fraud"}),
    (
        "POST tickets",
        lambda other: {"subject": "Debited", "body": "Debited.", "about": other.id("payment_id")},
    ),
    (
        "POST events/{event_id}/replay",
        lambda other: {"webhook_endpoint": other.id("endpoint_id")},
    ),
    (
        "POST webhook_endpoints/{endpoint_id}/replay",
        lambda other: {"event_ids": [other.id("event_id")]},
    ),
]

# What of another's a list could be asked for.
QUERIES: dict[str, Callable[[World], list[Mapping[str, str]]]] = {
    "GET payments": lambda other: [
        {"starting_after": other.id("payment_id")},
        {"reference": other.row("payment_id").merchant_reference},
        {"phone": "+237677000001"},
        {"status": "pending"},
        {"metadata[cart]": "1"},
        {"expand": "attempts"},
    ],
    "GET refunds": lambda other: [
        {"starting_after": other.id("refund_id")},
        {"payment": other.id("paid_id")},
        {"status": "pending"},
    ],
    "GET payments/{payment_id}/refunds": lambda other: [
        {"starting_after": other.id("refund_id")},
    ],
    "GET disputes": lambda other: [
        {"starting_after": other.id("dispute_id")},
        {"payment": other.id("disputed_payment_id")},
        {"status": "needs_response"},
    ],
    "GET payments/{payment_id}/disputes": lambda other: [
        {"starting_after": other.id("dispute_id")},
    ],
    "GET payouts": lambda other: [
        {"starting_after": other.id("payout_id")},
        {"reference": other.row("payout_id").merchant_reference},
        {"phone": "+237677000003"},
        {"status": "pending"},
    ],
    "GET payout_batches": lambda other: [
        {"starting_after": other.id("batch_id")},
        {"reference": other.row("batch_id").merchant_reference},
        {"status": "draft"},
    ],
    "GET approvals": lambda other: [
        {"starting_after": other.id("approval_id")},
        {"status": "pending"},
    ],
    "GET settlements": lambda other: [
        {"starting_after": other.id("settlement_id")},
        {"status": "carried_over"},
    ],
    "GET settlements/{settlement_id}/lines": lambda other: [
        {"starting_after": encode_id("tr", other.row("settlement_id").lines.first().pk)},
    ],
    "GET day_reports": lambda other: [
        {"starting_after": other.id("day_report_id")},
        {"currency": "XAF"},
    ],
    "GET tickets": lambda other: [
        {"starting_after": other.id("ticket_id")},
        {"about": other.id("payment_id")},
        {"status": "new"},
    ],
    "GET balance/transfers": lambda other: [
        {"payment": other.id("paid_id")},
        {"refund": other.id("refund_id")},
        {"payout": other.id("payout_id")},
        {"dispute": other.id("dispute_id")},
        {"kind": "gross"},
    ],
    "GET oauth_applications": lambda other: [{"starting_after": other.id("application_id")}],
    "GET client_certificates": lambda other: [{"starting_after": other.id("certificate_id")}],
    "GET events": lambda other: [
        {"starting_after": other.id("event_id")},
        {"object": other.id("payment_id")},
    ],
    "GET webhook_endpoints": lambda other: [{"starting_after": other.id("endpoint_id")}],
    "GET api_keys": lambda other: [{"starting_after": other.id("key_id")}, {"status": "active"}],
}


def routes() -> list[Route]:
    """All routes below /api/v1/ but the public ones, in the order of the URL map."""
    found = [
        Route(method.upper(), path.removeprefix(API), view)
        for path, view in _patterns(get_resolver().url_patterns)
        if path.startswith(API)
        for method in METHODS
        if hasattr(view, method)
    ]
    assert len(found) > 20
    return [route for route in found if str(route) not in PUBLIC]


def _patterns(patterns: Sequence[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _patterns(pattern.url_patterns, path)
        else:
            view = getattr(pattern.callback, "view_class", pattern.callback)
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path), getattr(view, "cls", view)


ROUTES = routes()
WITH_BODY = [route for route in ROUTES if route.method in {"POST", "PATCH", "PUT"}]
POSTS = [route for route in ROUTES if route.method == "POST"]
OF_AN_OBJECT = [route for route in ROUTES if route.parameters]


def call(
    shop: Shop,
    route: Route,
    address: str,
    body: Any = None,
    *,
    key: str | None = None,
    headers: Mapping[str, str | None] | None = None,
    **send: Any,
) -> Any:
    """Send it as `shop`. `body`: an object sent as JSON, or bytes sent as they are. A header that
    is None is not sent."""
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    sent = {
        "Authorization": f"Bearer {shop.key}",
        "Idempotency-Key": key or str(uuid.uuid4()),
        **(headers or {}),
    }
    return shop.client.generic(
        route.method,
        address,
        body or b"",
        headers={name: value for name, value in sent.items() if value is not None},
        **{"content_type": "application/json", **send},
    )


def prepare(world: World, route: Route) -> None:
    """Bring the object to where this can be done to it."""
    if route.path == "disputes/{dispute_id}/submit":
        add_evidence(
            dispute_id=decode_id("dis", world.id("dispute_id")),
            texts={"receipt": "One pair of shoes"},
            files=[],
            now=timezone.now(),
        )
    if route.path == "tickets/{ticket_id}/rating":
        world.row("ticket_id")
        Ticket.objects.filter(merchant=world.merchant).update(status="resolved")
    if route.path == "api_keys/{key_id}/successor":
        now, key = timezone.now(), world.row("key_id")
        key.rotate_every_days, key.rotation_starts_at = 30, now
        key.save()
        rotate_due_keys(now=now)


# What fingerprint() found last, and where this transaction stood.
_found: list[Any] = [None, {}]


def fingerprint() -> dict[str, str]:
    """Every table's rows as one digest: two are equal when nothing changed."""
    with connection.cursor() as cursor:
        if connection.in_atomic_block:
            # Nothing was written since: the digests are the same.
            cursor.execute(WRITTEN)
            place = (*cursor.fetchone(), *connection.savepoint_ids)
            if place != _found[0]:
                _found[:] = [place, _digests(cursor)]
            return _found[1]
        return _digests(cursor)


def _digests(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    digests = " UNION ALL ".join(
        f"SELECT '{name}', md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \"{name}\" t"
        for (name,) in cursor.fetchall()
    )
    cursor.execute(digests)
    return dict(cursor.fetchall())


@contextmanager
def undone() -> Iterator[None]:
    """For the next of a walk, whatever is done within is not."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    ttl_cache.clear_all()


def all_but(lacking: str) -> list[str]:
    return [scope for scope in scopes.ALL if scope != lacking]
