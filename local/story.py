"""The demo's story: what a merchant, a payer and the finance desk would see, step by step.

Everything goes through the public doors: the API with a key, the payer's page, webhooks, the
command line. `tell` returns True only if each step was seen.
"""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from local.night_watch import NightWatch
from local.shop import Shop
from local.stack import Stack

APPROVES_MTN_CM = "677 00 00 01"
REFUSES_MTN_CM = "677 90 01 51"
PAYS_ORANGE_CI = "07 07 00 00 01"
IS_PAID_MTN_CM = "677 00 00 03"
CANNOT_RECEIVE_MTN_CM = "677 90 00 30"


class StoryBroken(Exception):
    """A step that should have been seen was not."""


def tell(
    stack: Stack,
    seeded: Mapping[str, Any],
    shop: Shop,
    watch: NightWatch,
    say: Callable[[str], None],
) -> bool:
    """Live through the main job and print it; True only if every step was seen."""
    begun = time.monotonic()
    try:
        _tell(stack, seeded, shop, say)
        say("\n12. The control room: MTN is down, and somebody is told")
        _live_through_outage(stack, seeded["merchants"][0], shop, watch, say)
    except (StoryBroken, OSError) as error:
        say(f"\n  ✗ {error}")
        return False
    _show_logins(stack, seeded, say)
    say(f"\n  ✓ Every step was seen, in {time.monotonic() - begun:.1f} s.")
    return True


def _tell(stack: Stack, seeded: Mapping[str, Any], shop: Shop, say: Callable[[str], None]) -> None:
    cameroon, ivory_coast = seeded["merchants"]
    shop.secrets += [cameroon["webhook_secret"], ivory_coast["webhook_secret"]]
    web = stack.urls.web

    say("1. MTN MoMo, Cameroon: the payer approves on the phone")
    stream = _follow(stack.urls.realtime, cameroon)
    paid = _create(web, cameroon, 1500, APPROVES_MTN_CM, "order-1001")
    say(f"   {cameroon['name']} asks {paid['payer']['phone']} for 1,500 XAF")
    say(f"   {paid['id']}  {paid['status']}, sent to {paid['provider']}")
    event = _told(shop, paid, "payment.succeeded")
    fee = event["data"]["fee"]
    say(f"   {event['id']}  payment.succeeded, webhook verified; fee {fee} XAF")
    _must(_is_on(stream, event["id"]), "the event did not come over the event stream")
    say("   the same, in real time, on the event stream")

    say("\n2. The same request again: nothing happens twice")
    again = _create(web, cameroon, 1500, APPROVES_MTN_CM, "order-1001")
    _must(again == paid, "the second answer differs from the first")
    say(f"   {again['id']}  the first answer, byte for byte")

    say("\n3. MTN MoMo: the payer refuses")
    refused = _create(web, cameroon, 2500, REFUSES_MTN_CM, "order-1002")
    event = _told(shop, refused, "payment.failed")
    _must(event["data"]["failure_code"] == "payer_declined", "another failure than the refusal")
    say(f"   {refused['id']}  failed: {event['data']['failure_code']}; nothing is booked")

    say("\n4. Orange Money, Côte d'Ivoire: the payer confirms on Orange's page")
    order = _create(web, ivory_coast, 5000, PAYS_ORANGE_CI, "commande-77")
    event = _told(shop, order, "payment.requires_action")
    page = event["data"]["next_action"]["url"]
    say(f"   {order['id']}  requires_action: {_short(page)}")
    _approve_on_page(page)
    event = _told(shop, order, "payment.succeeded")
    say(f"   {event['id']}  payment.succeeded, webhook verified; fee {event['data']['fee']} XOF")

    say("\n5. A part of it is given back")
    refund = _refund(web, cameroon, paid, 500)
    event = _told(shop, refund, "refund.succeeded")
    say(f"   {refund['id']}  500 XAF of {paid['id']}, by {refund['provider']}")
    say(f"   {event['id']}  refund.succeeded, webhook verified; the fee is not given back")

    say("\n6. MTN MoMo: money goes out of the balance")
    sent = _call(
        f"{web}/api/v1/payouts",
        cameroon["api_key"],
        {"amount": 800, "currency": "XAF", "payee": {"phone": IS_PAID_MTN_CM}},
        idempotency_key=str(uuid.uuid4()),
    )
    event = _told(shop, sent, "payout.succeeded")
    say(f"   {cameroon['name']} sends 800 XAF to {sent['payee']['phone']}")
    say(f"   {sent['id']}  {sent['status']}, held of the balance")
    say(f"   {event['id']}  payout.succeeded, webhook verified")

    say("\n7. Wages: twelve payees by one decision, and another's")
    _pay_wages(web, cameroon, shop, say)

    say("\n8. What the merchants are owed")
    for merchant, payment in ((cameroon, paid), (ivory_coast, order)):
        balance = _call(f"{web}/api/v1/balance", merchant["api_key"])
        (owed,) = balance["available"]
        _must(owed["currency"] == payment["currency"] and owed["amount"] > 0, "no balance")
        say(f"   {merchant['name']}: {owed['amount']:,} {owed['currency']}")

    say(f"\n9. The life of {paid['id']}")
    timeline = _call(f"{web}/api/v1/payments/{paid['id']}/timeline", cameroon["api_key"])
    for entry in timeline["data"]:
        say(f"   {entry['at'][11:23]}  {entry['title']}")
    kinds = {entry["kind"] for entry in timeline["data"]}
    _must(kinds >= {"status", "attempt", "callback", "transfer"}, "the timeline has gaps")

    say("\n10. The day's report of MTN, with one planted break")
    _reconcile(stack, cameroon, say)

    say("\n11. The books")
    for line in stack.manage("check_books").strip().splitlines()[-1:]:
        say(f"   {line}")


def _live_through_outage(
    stack: Stack,
    merchant: Mapping[str, Any],
    shop: Shop,
    watch: NightWatch,
    say: Callable[[str], None],
) -> None:
    """A planted outage of the simulator is seen, told, and told to be over.

    Payers refuse: an answer is an answer, and what the merchant is owed stays as it was.
    """
    web, orders = stack.urls.web, 12
    stack.control(
        "faults", {"provider": "mtn_momo", "fault": "drop_before_accepting", "times": orders}
    )
    begun = time.monotonic()
    for number in range(orders):
        _create(web, merchant, 100, REFUSES_MTN_CM, f"outage-{number}")
    say(f"   {orders} orders vanish on the way to the provider")
    told = _alerted(watch, "opened")
    say(f"   after {time.monotonic() - begun:.0f} s the night watch is told: {told['title']}")
    say(f"   {told['message'].splitlines()[0]}")
    begun = time.monotonic()
    for number in range(3 * orders):
        refused = _create(web, merchant, 100, REFUSES_MTN_CM, f"again-{number}")
    _told(shop, refused, "payment.failed")
    told = _alerted(watch, "resolved")
    say(f"   MTN is back; {time.monotonic() - begun:.0f} s later: {told['title']}")
    say(f"   {told['incident']}  {told['url']}")
    say(f"   the control room: {web}/admin/monitoring/incident/control-room/?mode=test")


def _show_logins(stack: Stack, seeded: Mapping[str, Any], say: Callable[[str], None]) -> None:
    say(f"\n   Staff: {stack.urls.web}/admin/")
    say(f"   logins {', '.join(seeded['logins'])}; password {seeded['password']}")
    # Passkeys want https or this name.
    account = stack.urls.web.replace("127.0.0.1", "localhost") + "/account"
    say(f"   second factor, if you like (authenticator app or passkey): {account}")
    for merchant in seeded["merchants"]:
        say(f"   API key of {merchant['name']}: {merchant['api_key']}")
        say(f"   its members {', '.join(merchant['members'])}; the same password")


def _create(
    web: str, merchant: Mapping[str, Any], amount: int, phone: str, reference: str
) -> dict[str, Any]:
    # Stable within this run, new in the next: the key of a retry is the key of the first try.
    run = merchant["api_key"][-8:]
    return _call(
        f"{web}/api/v1/payments",
        merchant["api_key"],
        {
            "amount": amount,
            "currency": merchant["currency"],
            "payer": {"phone": phone},
            "reference": reference,
        },
        idempotency_key=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run}/{reference}")),
    )


def _pay_wages(
    web: str, merchant: Mapping[str, Any], shop: Shop, say: Callable[[str], None]
) -> None:
    key, director = merchant["api_key"], merchant["approving_key"]
    batches = f"{web}/api/v1/payout_batches"
    sale = _create(web, merchant, 20_000, APPROVES_MTN_CM, "order-1003")
    _told(shop, sale, "payment.succeeded")

    batch = _call(
        batches,
        key,
        {"currency": "XAF", "reference": "wages", "lines": _wages()},
        idempotency_key=str(uuid.uuid4()),
    )
    draft = _told(shop, batch, "payout_batch.draft")["data"]
    counts = {status: sums["count"] for status, sums in draft["lines"].items()}
    _must((counts["ready"], counts["invalid"]) == (10, 2), f"its lines are {counts}")
    say(f"   {batch['id']}  12 lines: 10 ready, 2 invalid")
    lines = _call(f"{batches}/{batch['id']}/lines", key)["data"]
    for line in lines:
        for noticed in (*line["problems"], *line["warnings"][:1]):
            say(f"   line {line['number']}: {noticed['message']['en']}")
    _must(any(line["warnings"] for line in lines), "nobody noticed who is paid twice")

    corrected = {"phone": "677 00 01 11"}
    _call(f"{batches}/{batch['id']}/lines/11", key, corrected, method="PATCH")
    _call(f"{batches}/{batch['id']}/lines/12/drop", key, {}, idempotency_key=str(uuid.uuid4()))
    _call(f"{batches}/{batch['id']}/submit", key, {}, idempotency_key=str(uuid.uuid4()))
    shown = _call(f"{batches}/{batch['id']}", director)
    _call(
        f"{batches}/{batch['id']}/approve",
        director,
        {"digest": shown["digest"]},
        idempotency_key=str(uuid.uuid4()),
    )
    say("   one corrected, one dropped; submitted with one key, approved with another's")
    done = _told(shop, batch, "payout_batch.completed")["data"]["lines"]
    paid, failed = done["succeeded"], done["failed"]
    _must((paid["count"], failed["count"]) == (10, 1), f"its lines ended as {done}")
    say(f"   {batch['id']}  completed: 10 paid, {paid['amount']:,} XAF; one cannot receive money")


def _wages() -> list[dict[str, Any]]:
    """Twelve: two numbers that are none, one payee twice, one who cannot receive money."""
    good = [f"677 00 01 {n:02}" for n in range(1, 9)]
    phones = [*good, good[0], CANNOT_RECEIVE_MTN_CM, "677 00", "6770001"]
    return [{"phone": phone, "amount": 1_000} for phone in phones]


def _refund(
    web: str, merchant: Mapping[str, Any], payment: Mapping[str, Any], amount: int
) -> dict[str, Any]:
    return _call(
        f"{web}/api/v1/refunds",
        merchant["api_key"],
        {"payment": payment["id"], "amount": amount},
        idempotency_key=f"refund-{payment['id']}",
    )


def _call(
    url: str,
    api_key: str,
    body: Mapping[str, Any] | None = None,
    idempotency_key: str = "",
    method: str | None = None,
) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
    if idempotency_key:
        headers["Idempotency-Key"] = idempotency_key
    data = json.dumps(body).encode() if body is not None else None
    request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            answered: dict[str, Any] = json.load(answer)
            return answered
    except urllib.error.HTTPError as error:
        raise StoryBroken(f"{url} answered {error.code}: {error.read().decode()}") from None


def _follow(realtime: str, merchant: Mapping[str, Any]) -> Any:
    """An open stream of server-sent events."""
    headers = {"Authorization": f"Bearer {merchant['api_key']}"}
    request = urllib.request.Request(f"{realtime}/api/v1/events/stream", headers=headers)  # noqa: S310
    return urllib.request.urlopen(request, timeout=20)  # noqa: S310


def _is_on(stream: Any, event_id: str) -> bool:
    """Whether this event comes before the stream falls silent; closes it."""
    with stream:
        for line in stream:
            if line == f"id: {event_id}\n".encode():
                return True
            if line.startswith(b": heartbeat"):
                break
    return False


def _told(shop: Shop, payment: Mapping[str, Any], type: str) -> dict[str, Any]:
    event = shop.wait_for(payment["id"], type)
    if event is None:
        raise StoryBroken(f"no webhook {type} for {payment['id']}")
    return event


def _alerted(watch: NightWatch, step: str) -> dict[str, Any]:
    alert = watch.wait_for(step)
    if alert is None:
        raise StoryBroken(f"nobody was told that the outage is {step}")
    return alert


def _approve_on_page(page: str) -> None:
    with urllib.request.urlopen(page, timeout=20) as answer:  # noqa: S310
        shown = re.search(r'class="otp">([^<]+)<', answer.read().decode())
    if shown is None:
        raise StoryBroken("Orange's page shows no code")
    form = urllib.parse.urlencode(
        {"phone": "0707000001", "code": shown[1], "decision": "approve"}
    ).encode()
    request = urllib.request.Request(page, data=form)  # noqa: S310
    opener = urllib.request.build_opener(_StayHere)
    try:
        opener.open(request, timeout=20).close()
    except urllib.error.HTTPError as error:
        _must(error.code in {302, 303}, f"Orange's page answered {error.code}")


class _StayHere(urllib.request.HTTPRedirectHandler):
    """The shop's page, where the payer is sent back to, is not part of this story."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _reconcile(stack: Stack, merchant: Mapping[str, Any], say: Callable[[str], None]) -> None:
    stack.control("plant", {"provider": "mtn_momo", "kind": "extra_line"})
    day = datetime.now(UTC).date().isoformat()
    stack.control("reports", {"provider": "mtn_momo", "day": day})
    say(f"   fetched from {stack.environment['SIMULATOR_SFTP']} by SFTP, its host key pinned")
    account = merchant["provider_accounts"]["mtn_momo"]
    printed = stack.manage("fetch_statements", "--account", account)
    for line in [line for line in printed.strip().splitlines() if line.startswith("sta_")][-1:]:
        say(f"   {line}")
    # A report read again today repeats its lines; the planted break is what this is about.
    for line in [line for line in printed.splitlines() if "unknown_to_us" in line][-1:]:
        say(f"   {line}")
    _must("unknown_to_us" in printed, f"the planted break was not found:\n{printed}")


def _short(url: str) -> str:
    return url if len(url) < 72 else url[:69] + "…"


def _must(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise StoryBroken(otherwise)
