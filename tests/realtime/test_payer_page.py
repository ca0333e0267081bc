"""The payer's page says how the payment stands, by itself."""

from __future__ import annotations

import json

import pytest
from django.utils import timezone

from apps.checkout.selectors.payer_view import read_payer_view, view_as_json
from apps.core.work import wake_up
from apps.orchestration.models import StatusChange
from apps.orchestration.services.apply_replies import apply_reply
from apps.payments.models import Payment, PaymentStatus
from apps.providers.contract import NextAction, Outcome, ProviderResult
from apps.realtime.streams import payer_source
from apps.realtime.threads import in_thread
from apps.vault.tokens import sign_token
from apps.webhooks.services.build_event import TOPIC
from tests.factories import PaymentFactory
from tests.realtime.process import connect, live

PAYER = "237677000001"


@pytest.fixture
def payment(transactional_db):
    return PaymentFactory(submitted=True, merchant__language="en", payer_msisdn=PAYER)


@pytest.fixture
def token(payment):
    return sign_token("payer_page", payment.pk)


def apply(payment, result):
    apply_reply(
        attempt_id=payment.attempts.get().pk,
        answer=result,
        source=StatusChange.Source.POLL,
        now=timezone.now(),
    )
    wake_up.wake(TOPIC)


def test_each_change_is_shown_until_the_payment_is_settled(payment, token):
    asks = ProviderResult(
        Outcome.REQUIRES_ACTION, next_action=NextAction("redirect", "https://pay.example/otp")
    )
    paid = ProviderResult(Outcome.SUCCEEDED, provider_reference="TX", amount=payment.amount)

    async def scenario(realtime):
        async with connect(realtime, f"/pay/{token}/stream") as page:
            shown = [json.loads((await page.event())["data"])]
            for result in (asks, paid):
                await in_thread(lambda result=result: apply(payment, result))
                shown.append(json.loads((await page.event())["data"]))
            end = await page.message()

        assert [view["status"] for view in shown] == ["pending", "requires_action", "succeeded"]
        assert shown[1]["next_action"] == {"kind": "redirect", "url": "https://pay.example/otp"}
        assert shown[2]["heading"] == "Payment received"
        assert not end.get("more_body")
        assert page.headers["access-control-allow-origin"] == "http://127.0.0.1:8000"
        # Nothing of the payer, the merchant's order or the amount.
        assert all(
            view.keys() == {"object", "status", "heading", "sentence", "next_action"}
            for view in shown
        )
        assert realtime.hub.count == 0

    live(scenario)


def test_a_settled_payment_is_told_once(transactional_db):
    payment = PaymentFactory(failed=True, merchant__language="fr")

    async def scenario(realtime):
        path = f"/pay/{sign_token('payer_page', payment.pk)}/stream"
        async with connect(realtime, path) as page:
            view = json.loads((await page.event())["data"])
            assert not (await page.message()).get("more_body")
        assert view["status"] == "failed"

    live(scenario)


def test_a_token_of_another_purpose_opens_no_stream(payment):
    async def scenario(realtime):
        path = f"/pay/{sign_token('callback', payment.pk)}/stream"
        async with connect(realtime, path) as page:
            assert page.status == 404

    live(scenario)


def test_pages_on_one_payment_are_limited(payment, token, monkeypatch):
    monkeypatch.setattr(payer_source, "STREAMS_MAX", 1)

    async def scenario(realtime):
        async with (
            connect(realtime, f"/pay/{token}/stream") as first,
            connect(realtime, f"/pay/{token}/stream") as second,
        ):
            assert (first.status, second.status) == (200, 429)

    live(scenario)


def test_the_page_follows_its_stream_and_refreshes_without_javascript(
    payment, token, client, settings
):
    settings.REALTIME_URL = "http://127.0.0.1:8060"

    page = client.get(f"/pay/{token}")

    text = page.content.decode()
    assert f'data-stream="http://127.0.0.1:8060/pay/{token}/stream?language=en"' in text
    assert '<noscript><meta http-equiv="refresh"' in text
    assert "We are waiting for your confirmation" in text
    policy = page["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "connect-src 'self' http://127.0.0.1:8060;" in policy
    assert PAYER not in text


def test_a_settled_page_neither_follows_nor_refreshes(transactional_db, client):
    payment = PaymentFactory(succeeded=True, merchant__language="en")

    text = client.get(f"/pay/{sign_token('payer_page', payment.pk)}").content.decode()

    assert "Payment received" in text
    assert "<script" not in text
    assert "http-equiv" not in text


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (PaymentStatus.VERIFYING, "Please do not pay again."),
        (PaymentStatus.CANCELED, "Nothing was taken."),
        (PaymentStatus.FAILED, "Your operator says that it took nothing."),
        (PaymentStatus.EXPIRED, "If you approved it at the last moment, it counts"),
    ],
)
def test_whoever_has_not_paid_reads_what_became_of_the_money(db, client, status, said):
    payment = PaymentFactory(merchant__language="en")
    Payment.objects.filter(pk=payment.pk).update(
        status=status, next_action={"kind": "redirect", "url": "https://pay.example/1"}
    )
    token = sign_token("payer_page", payment.pk)

    text = client.get(f"/pay/{token}").content.decode()

    assert said in text
    assert "Confirm on your phone" not in text
    # Whoever is told not to pay again is shown no way to.
    assert "https://pay.example/1" not in text
    view = read_payer_view(token)
    assert view is not None
    assert view_as_json(view)["next_action"] is None


def test_the_payer_chooses_the_language(payment, token, client):
    async def scenario(realtime):
        async with connect(realtime, f"/pay/{token}/stream", language="fr") as page:
            told = json.loads((await page.event())["data"])
        assert told["heading"] == "Nous attendons votre confirmation"

    live(scenario)
    text = client.get(f"/pay/{token}?language=fr").content.decode()
    assert "Nous attendons votre confirmation" in text
    assert f"/pay/{token}/help?language=fr" in text
    assert "We are waiting" in client.get(f"/pay/{token}?language=xx").content.decode()


def test_the_pages_script_is_served(client, transactional_db):
    answer = client.get("/static/lomi/payer_page.js")

    assert answer.status_code == 200
