"""Whatever is sent to whatever address: it is answered, and never by 5xx."""

from __future__ import annotations

import asyncio
import os
import traceback
from collections import defaultdict
from itertools import islice

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client, RequestFactory

from apps.merchants.models import Member
from apps.realtime.asgi import make_application
from apps.vault.tokens import sign_token
from tests.admin.conftest import make_rows
from tests.api.conftest import Shop
from tests.security.hostile import HEADERS, METHODS, NAMES, VALUES, attack, routes
from tests.security.walk import OBJECTS
from tests.tries import at_length

pytestmark = pytest.mark.django_db

# To each route; a group of few routes gets as many as GROUP_MIN all the same.
PER_ROUTE = int(os.environ.get("LOMI_HOSTILE_REQUESTS", at_length(1, 6)))
GROUP_MIN = 150
SEED = int(os.environ.get("LOMI_HOSTILE_SEED", "1"))


def group_of(route):
    parts = route.split("/")
    if is_of_model(parts):
        return "admin: lists" if len(parts) == 4 and not parts[3] else "admin: objects"
    return parts[0] or "root"


def is_of_model(parts):
    return parts[0] == "admin" and len(parts) > 3 and parts[1] in apps.app_configs


GROUPS = defaultdict(list)
for each in routes():
    GROUPS[group_of(each)].append(each)


@pytest.fixture
def _room_for_all(settings):
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, 10**6)
    settings.TRUSTED_PROXIES = ["127.0.0.0/8"]


@pytest.fixture
def callers(world, _room_for_all):
    """Nobody, a merchant's program, a member of a merchant, a superuser."""
    member = User.objects.create_user("member", password="x")
    Member.objects.create(
        merchant=world.merchant, user=member, role=Member.Role.OWNER, created_at=member.date_joined
    )
    superuser = User.objects.create_superuser("superuser", password="x")
    clients = {
        name: Client(raise_request_exception=False)
        for name in ("nobody", "program", "member", "superuser")
    }
    clients["program"].defaults["HTTP_AUTHORIZATION"] = f"Bearer {Shop(world.merchant).key}"
    clients["member"].force_login(member)
    clients["superuser"].force_login(superuser)
    return clients


def known_of(route, world):
    """Parameter -> values that lead to something, for one route."""
    known = {
        "language": ["en", "fr"],
        "name": ["webhooks", "payment.svg"],
        "place": ["examples/python/webhook.py"],
        "path": ["lomi/admin.css"],
        "connector": ["mtn_momo", "orange_webpay"],
        "app_label": ["payments"],
    }
    parts = route.split("/")
    if is_of_model(parts):
        model = apps.get_model(parts[1], parts[2])
        ids = [str(pk) for pk in model.objects.values_list("pk", flat=True)[:2]]
        known |= {"object_id": ids, "id": ids}
    if parts[0] == "pay":
        known["token"] = [sign_token("return_page", world.row("payment_id").pk)]
    if parts[0] == "callbacks":
        attempt = world.row("payment_id").attempts.first()
        known["token"] = [sign_token("callback", attempt.pk)] if attempt else []
    if parts[0] == "api":
        known |= {name: [world.id(name)] for name in OBJECTS if f"<{name}>" in route}
    return known


def read_by(route, superuser):
    """What a list of the admin reads from its query, and what can be done to its rows."""
    parts = route.split("/")
    if not is_of_model(parts) or len(parts) != 4 or parts[3]:
        return {"names": [], "actions": []}
    # The page is not written out: what it is made of says all.
    request = RequestFactory().get(f"/{route}")
    request.user, request.session = superuser, {}
    listing = admin.site.get_model_admin(apps.get_model(parts[1], parts[2]))
    shown = listing.changelist_view(request).context_data
    if "cl" not in shown:
        # A page of its own stands in its list's place, with a form that is read from the query.
        return {"names": list(shown["form"].fields), "actions": []}
    return {
        "names": [name for spec in shown["cl"].filter_specs for name in spec.expected_parameters()],
        "actions": [name for name in listing.get_actions(request) if name],
    }


def send(client, hostile):
    """The answer; what it did is undone."""
    with transaction.atomic():
        headers = {
            "HTTP_" + name.upper().replace("-", "_"): value
            for name, value in hostile.headers.items()
        }
        if "HTTP_CONTENT_LENGTH" in headers:
            headers["CONTENT_LENGTH"] = headers.pop("HTTP_CONTENT_LENGTH")
        if "HTTP_COOKIE" in headers and client.cookies:
            headers["HTTP_COOKIE"] += f"; {client.cookies.output(header='', sep=';').strip()}"
        answer = client.generic(
            hostile.method,
            hostile.address,
            hostile.body,
            content_type=hostile.content_type,
            **headers,
        )
        if answer.streaming:
            b"".join(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def failure(client, hostile):
    """What went wrong on our side, "" if nothing did."""
    try:
        answer = send(client, hostile)
    except Exception as error:
        return f"raised {error!r} at {place(error)}"
    if "X-Injected" in answer.headers:
        return "a header was injected"
    if answer.status_code < 500:
        return ""
    error = answer.exc_info[1] if answer.exc_info else None
    return f"{answer.status_code} {error!r} at {place(error)}"


def place(error):
    trace = traceback.extract_tb(error.__traceback__) if error else []
    return " < ".join(f"{each.filename.rpartition('/')[2]}:{each.lineno}" for each in trace[:-4:-1])


@pytest.mark.longer
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("group", sorted(GROUPS))
def test_no_hostile_request_is_answered_by_a_failure_of_ours(callers, world, group):
    if group.startswith("admin"):
        make_rows(2)
    count = max(PER_ROUTE, -(-GROUP_MIN // len(GROUPS[group])))
    # Pages of the admin are for staff, and cost the most.
    turns = ["superuser"] * 7 + ["nobody"] if group.startswith("admin") else list(callers)
    superuser = User.objects.get(username="superuser")
    broken, sent = {}, 0

    for route in GROUPS[group]:
        known, read = known_of(route, world), read_by(route, superuser)
        requests = islice(attack(route, known=known, **read, seed=SEED), count)
        for hostile in requests:
            caller = turns[sent % len(turns)]
            sent += 1
            if why := failure(callers[caller], hostile):
                broken.setdefault(f"{route}: {why}"[:300], f"{caller} {hostile}")

    assert broken == {}
    assert sent >= GROUP_MIN


def test_no_hostile_request_breaks_the_realtime_process(_room_for_all):
    application = make_application()
    addresses = ["/", "/health", "/api/v1/events/stream", "/pay/{}/stream", "/{}", "/ws/v1/events"]
    broken, sent = [], 0

    async def ask(method, path, query, headers):
        said = []

        async def receive():
            await asyncio.sleep(0)
            return {"type": "http.request", "body": b"\xff", "more_body": False}

        async def tell(message):
            said.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode("utf-8", "surrogateescape"),
            "query_string": query.encode("latin-1", "replace"),
            "root_path": "",
            "headers": [
                (name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()
            ],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 1),
        }
        await application(scope, receive, tell)
        return said[0]["status"]

    async def walk():
        nonlocal sent
        for number in range(GROUP_MIN):
            value = VALUES[number % len(VALUES)]
            request = (
                METHODS[number // 3 % len(METHODS)] if number % 3 == 0 else "GET",
                addresses[number % len(addresses)].format(value),
                f"{NAMES[number % len(NAMES)]}={value}&ticket={value if number % 2 else ''}",
                HEADERS[number % len(HEADERS)],
            )
            try:
                status = await ask(*request)
            except Exception as error:
                broken.append((repr(error), request))
            else:
                # 503 of /health: nobody started the feed here.
                if status >= 500 and request[1] != "/health":
                    broken.append((status, request))
            sent += 1

    asyncio.run(walk())

    assert broken == []
    assert sent >= GROUP_MIN
