"""Every block of every page is run, compared with what was answered, or bound to a test."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shutil
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from apps.merchants.api_key_format import new_key
from apps.merchants.models import ApiKey
from apps.providers.simulation import callbacks, exchange, faults, report, simulator, store
from tests.docs.pages import ROOT, blocks, pages, read
from tests.docs.reader import BOUND, Reader, bound_to, walk_through, work_folder
from tests.docs.test_promises import is_collected
from tests.docs.walk import RUN, agrees, is_shown_answer
from tests.receiver import Receiver

WALKED = [
    "README.md",
    *(
        f"docs/guides/{name}.md"
        for name in (
            "first-payment",
            "refunds",
            "payouts",
            "payout-batches",
            "support",
            "disputes",
            "fees",
            "lists",
            "errors",
            "api-keys",
            "webhooks",
            "oauth",
            "real-time",
            "testing",
            "operations",
        )
    ),
    "sdk/python/README.md",
    "docker/README.md",
]


def originals():
    """Every page; one in French shows the blocks of the English one."""
    return [
        path
        for path in (str(each.relative_to(ROOT)) for each in pages())
        if not path.endswith(".fr.md")
    ]


def test_every_block_is_run_or_compared_or_bound():
    lacking = []
    for page in originals():
        shown = blocks(read(page))
        for place, block in enumerate(shown):
            is_run = page in WALKED and block.language in RUN
            is_compared = page in WALKED and is_shown_answer(shown, place)
            if not (is_run or is_compared or bound_to(page, block)):
                lacking.append((page, block.text))

    assert lacking == []


def test_no_fence_escapes():
    for page in originals():
        assert read(page).count("```") == 2 * len(blocks(read(page))), page


def test_both_languages_show_the_same_blocks():
    french = [str(path.relative_to(ROOT)) for path in pages() if path.name.endswith(".fr.md")]

    assert len(french) > 10
    for page in french:
        assert blocks(read(page)) == blocks(read(page.replace(".fr.md", ".md"))), page


def test_what_blocks_are_bound_to_exists():
    used = {bound_to(page, block) for page in originals() for block in blocks(read(page))} - {""}

    assert used == set(BOUND.values())
    assert [test for test in used if not is_collected(test)] == []


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("page", WALKED)
def test_what_a_page_shows_is_what_happens(walked, tmp_path, receiver, page):
    demo, error = walked
    if page != "README.md":
        walk_through(demo, work_folder(tmp_path), receiver, page)
    elif error is not None:
        raise error


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
def test_a_webhook_comes_as_it_is_shown(walked, receiver):
    demo, _ = walked
    reader = Reader(demo)
    head, body = [
        block.text
        for block in blocks(read("docs/guides/webhooks.md"))
        if block.language in {"http", "json"}
    ]
    made = requests.post(
        f"{reader.urls.web}/api/v1/webhook_endpoints",
        json={"url": receiver.url, "event_types": ["payment.*"]},
        headers={**reader.headers, "Idempotency-Key": "shown"},
        timeout=120,
    )
    assert made.status_code == 201, made.text
    payment = reader.pay()

    event = None
    for _ in range(600):
        for heard in receiver.heard:
            told = json.loads(heard.body)
            if told["data"].get("id") == payment["id"] and told["type"] == "payment.succeeded":
                event = heard
        if event:
            break
        time.sleep(0.2)

    told = json.loads(event.body)
    # Ids differ, and a busy machine tells of `verifying` before it.
    assert told["sequence"] >= json.loads(body)["sequence"]
    wanted = json.loads(body) | {"id": told["id"], "sequence": told["sequence"]}
    assert agrees(told, wanted), f"told\n{told}\nnot\n{wanted}"
    first, *lines = head.splitlines()
    assert first == f"POST {event.path}"
    named = {name.lower(): value for name, value in event.headers.items()}
    for name, value in (line.split(": ", 1) for line in lines):
        assert same_form(named[name], value), name
    assert named["webhook-id"] == told["id"]


def same_form(found, shown):
    """Alike but for the letters and digits."""

    def form(text):
        return re.sub(r"[\w+/=]", "x", text)

    return form(found) == form(shown)


@pytest.mark.stack
@pytest.mark.xdist_group("stack")
@pytest.mark.timeout(900)
def test_the_address_of_consent_leads_to_the_sign_in(walked):
    demo, _ = walked
    reader = Reader(demo)
    (shown,) = [
        block.text for block in blocks(read("docs/guides/oauth.md")) if block.language == "text"
    ]
    made = requests.post(
        f"{reader.urls.web}/api/v1/oauth_applications",
        json={
            "name": "Till",
            "scopes": ["payments:read"],
            "redirect_uris": ["https://till.example/lomi/back"],
        },
        headers={**reader.headers, "Idempotency-Key": "address"},
        timeout=120,
    ).json()
    address = re.sub(r"\s", "", shown).replace("lomi_app_…", made["client_id"])
    address = address.replace("state=…", "state=s").replace("challenge=…", f"challenge={'c' * 43}")

    answer = requests.get(reader.urls.web + address, timeout=120, allow_redirects=False)

    assert answer.status_code == 302
    target = urlsplit(answer.headers["Location"])
    assert target.path.startswith("/login")
    assert parse_qs(target.query)["next"][0].startswith("/oauth/authorize?")


def test_the_pattern_finds_every_kind_of_key(db):
    (pattern,) = [
        block.text.strip()
        for block in blocks(read("docs/guides/api-keys.md"))
        if block.language == "text"
    ]
    found = [
        re.findall(pattern, f"key = {new_key(kind=kind, livemode=livemode)};")
        for kind in ApiKey.Kind
        for livemode in (False, True)
    ]

    assert [len(each) for each in found] == [1, 1, 1, 1]


def test_the_simulator_shown_is_one():
    (shown,) = [block.text for block in blocks(read("apps/providers/simulation/README.md"))]
    known = {
        name: value
        for module in (callbacks, exchange, faults, report, simulator, store)
        for name, value in vars(module).items()
    }

    exec(shown, known)

    assert issubclass(known["KoriSimulator"], simulator.Simulator)
    given = {
        keyword.arg
        for node in ast.walk(ast.parse(shown))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Instruction"
        for keyword in node.keywords
    }
    assert given <= set(inspect.signature(store.Instruction).parameters)
    assert given
