"""Payments through every process, over the wire, to the merchant's own server and the books."""

import re
from datetime import UTC, datetime

import psycopg
import pytest
import redis
import requests

from tests.leaks import leaking_columns, leaking_keys

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack"), pytest.mark.timeout(900)]

APPROVES = "677 34 56 78"
REFUSES = "677 90 01 51"
PAYS_ORANGE = "07 07 00 00 01"


def test_a_payment_goes_all_the_way_to_a_signed_webhook(platform):
    payment = platform.pay(platform.cameroon, APPROVES)

    event = platform.shop.wait_for(payment["id"], "payment.succeeded")

    timeline = platform.get(platform.cameroon, f"payments/{payment['id']}/timeline")["data"]
    titles = [entry["title"] for entry in timeline]
    assert event["data"]["fee"] == 30
    assert "attempt succeeded at mtn_momo" in titles
    assert {"gross 1500 XAF", "fee 30 XAF"} <= set(titles)
    assert "callback" in {entry["kind"] for entry in timeline}


def test_a_payers_no_is_told_and_books_nothing(platform):
    payment = platform.pay(platform.cameroon, REFUSES)

    event = platform.shop.wait_for(payment["id"], "payment.failed")

    assert event["data"]["failure_code"] == "payer_declined"
    timeline = platform.get(platform.cameroon, f"payments/{payment['id']}/timeline")["data"]
    assert not [entry for entry in timeline if entry["kind"] == "transfer"]


def test_orange_is_paid_on_its_own_page(platform):
    payment = platform.pay(platform.ivory_coast, PAYS_ORANGE, amount=5_000)
    event = platform.shop.wait_for(payment["id"], "payment.requires_action")
    page = event["data"]["next_action"]["url"]
    code = re.search(r'class="otp">([^<]+)<', requests.get(page, timeout=120).text)[1]

    form = {"phone": "0707000001", "code": code, "decision": "approve"}
    sent = requests.post(page, data=form, allow_redirects=False, timeout=120)

    assert sent.status_code in {302, 303}
    event = platform.shop.wait_for(payment["id"], "payment.succeeded")
    assert (event["data"]["fee"], event["sequence"]) == (115, 3)
    assert requests.get(sent.headers["Location"], timeout=120).status_code == 200


def test_events_arrive_numbered_without_a_gap(platform):
    payment = platform.pay(platform.cameroon, APPROVES)

    told = platform.shop.wait_for(payment["id"], "payment.succeeded")

    events = platform.rows(
        "SELECT type, sequence FROM webhooks_event WHERE body::jsonb #>> '{data,id}' = %(id)s"
        " ORDER BY sequence",
        id=payment["id"],
    )
    assert [(event["type"], event["sequence"]) for event in events] == [
        ("payment.created", 1),
        ("payment.succeeded", 2),
    ]
    assert told["sequence"] == 2


def test_the_report_of_the_day_finds_the_planted_break(platform):
    payment = platform.pay(platform.cameroon, APPROVES)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    platform.control("plant", {"provider": "mtn_momo", "kind": "extra_line"})
    day = datetime.now(UTC).date().isoformat()
    report = platform.control("reports", {"provider": "mtn_momo", "day": day})
    file = next(path for path in report["files"] if "XAF" in path or len(report["files"]) == 1)

    account = platform.cameroon["provider_accounts"]["mtn_momo"]
    said = platform.stack.manage("import_statement", "--account", account, "--day", day, file)

    assert "unknown_to_us" in said


def test_the_number_of_a_payer_is_in_no_column_no_message_and_no_log(platform):
    payment = platform.pay(platform.cameroon, APPROVES)
    assert platform.shop.wait_for(payment["id"], "payment.succeeded")
    clear = ["237677345678", "677345678", APPROVES]

    logs = [platform.stack.log(name).read_text() for name in ("web", "worker", "beat")]

    assert not [text for text in clear for log in logs if text in log]
    client = redis.Redis.from_url(platform.stack.servers.redis_url)
    assert leaking_keys(client, clear) == []
    with psycopg.connect(platform.stack.servers.database_url) as connection:
        assert leaking_columns(connection.cursor(), clear) == []
