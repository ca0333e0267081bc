"""A settlement, its lines, its files and its events are its merchant's and mode's alone."""

import base64

import pytest

from apps.core.public_ids import encode_id
from apps.settlement.services.build_statement import KINDS
from apps.webhooks.models import Event
from tests.api.conftest import Shop, refusal
from tests.settlement.conftest import agree, give

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_settlement_is_read_by_its_merchant_in_its_mode_and_by_nobody_else(
    clock, merchant, account, terms, close
):
    settlement = close(merchant)
    own, other_mode, stranger = Shop(merchant), Shop(merchant, livemode=True), Shop()
    for shop, amount in ((other_mode, 250), (stranger, 400)):
        give(shop.merchant, account, amount, livemode=shop.api_key.livemode)
        agree(shop.merchant, now=clock.now, livemode=shop.api_key.livemode)
        close(shop.merchant, livemode=shop.api_key.livemode)
    event = Event.objects.get(merchant=merchant, livemode=False, type="settlement.created")
    one = f"/api/v1/settlements/{settlement.public_id}"
    line = encode_id("tr", settlement.lines.get().pk)
    files = [f"{one}/file?format={kind}" for kind in KINDS]
    addresses = [one, f"{one}/lines", f"/api/v1/events/{encode_id('evt', event.pk)}", *files]

    for address in addresses:
        assert own.get(address).status_code == 200, address
        for shop, code in ((stranger, "_not_found"), (other_mode, "wrong_mode")):
            status, said, _ = refusal(shop.get(address))
            assert (status, said.endswith(code)) == (404, True), (address, said)

    for shop, amount in ((own, 10_000), (other_mode, 250), (stranger, 400)):
        (listed,) = shop.get("/api/v1/settlements").json()["data"]
        assert listed["amount"] == amount
        below = f"/api/v1/settlements/{listed['id']}/lines"
        (first,) = shop.get(below).json()["data"]
        assert first["amount"] == amount
        # A place on another's statement is no place on one's own.
        if shop is not own:
            assert refusal(shop.get(below, starting_after=line))[:2] == (400, "invalid_page")
        events = shop.get("/api/v1/events", limit=100).json()["data"]
        told = {one["data"]["id"] for one in events if one["type"].startswith("settlement.")}
        assert told == {listed["id"]}
    content = base64.b64decode(own.get(files[0]).json()["content"]).decode()
    assert content.count(line) == 1
