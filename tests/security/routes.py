"""Every route of the API, from the URL map.

A new route takes part by itself. What a walk along all of them cannot guess stands in `walk/`, in
a file for each app: an object for each id in an address, a good body for each POST and PATCH, and
what a body or a query may refer to.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.urls import get_resolver

from apps.core import ttl_cache
from apps.merchants import scopes
from apps.merchants.authentication import needed_scopes
from apps.merchants.models import Merchant
from tests.api.conftest import Shop
from tests.factories import MerchantFactory
from tests.security.walk import BODIES, KINDS, OBJECTS, PREPARE

API = "api/v1/"
METHODS = ("get", "post", "put", "patch", "delete")

# Documents about the API, for everybody.
PUBLIC = {"GET openapi.json"}

# About the calling credential itself: every credential may.
FOR_EVERY_CREDENTIAL = {"GET me", "POST api_keys/{key_id}/successor"}

Body = dict[str, Any]

APP_FILES = "the app's file in tests/security/walk"

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
            assert kind in OBJECTS, f"add an object for {{{kind}}} to OBJECTS in {APP_FILES}"
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
        assert str(route) in BODIES, f"add a good body for {route} to BODIES in {APP_FILES}"
        return BODIES[str(route)](self)

    def made_by_api(self, resource: str, body: Body) -> str:
        """The id of an object that the merchant's own program made."""
        answer = self.shop.post(body, path=f"/{API}{resource}")
        assert answer.status_code == 201, answer.content
        return answer.json()["id"]


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
    if route.path in PREPARE:
        PREPARE[route.path](world)


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


# That a key was used is written once a minute, whatever was asked.
ROW = {"merchants_apikey": "(to_jsonb(t) - 'last_used_at')::text"}


def _digests(cursor: Any) -> dict[str, str]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    rows = {name: ROW.get(name, "t::text") for (name,) in cursor.fetchall()}
    digests = " UNION ALL ".join(
        f"SELECT '{name}', md5(string_agg({row}, chr(10) ORDER BY {row})) FROM \"{name}\" t"
        for name, row in rows.items()
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
