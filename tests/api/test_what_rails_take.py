"""What the door accepts every rail can be sent; the rest is refused with a code of its own."""

import json
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ValidationError

from apps.payments.api.payment_input import read_payment_request
from apps.payments.models import Payment
from apps.providers.connectors.mtn_momo.mapping import collect_body
from apps.providers.connectors.orange_webpay.mapping import creation
from apps.providers.contract import CollectRequest
from tests.api.conftest import payment_body, refusal

REFERENCE = UUID("0f4f5d8e-8a34-4c6e-9d0b-3a1f6b5c7d21")
PAGE = "https://pay.example/pay/token"

# What people paste: names in every script, marks without a letter, faces, other directions.
ODD = (
    "\u0301é🛒👩🏽‍🍳مرحبا\u200f\u202e\u2066\u200b\u00a0\u3000"
    "\ufeff\ufffd\U000e0001\u0007\n-–% #?&=:@/\\[]."
)
texts = st.text() | st.text(alphabet=ODD)
hosts = st.sampled_from(["shop.example", "é.example", "[::1]", "8.8.8.8", "مثال.example", ""])
addresses = st.builds("https://{}{}".format, hosts, texts) | texts


def accepted(**fields):
    try:
        return read_payment_request(payment_body(**fields))
    except ValidationError:
        return None


def order(*, description="", merchant_name="Shop", return_url=PAGE, cancel_url=PAGE):
    return CollectRequest(
        reference=REFERENCE,
        amount=1_500,
        currency="XAF",
        country="CM",
        payer_msisdn="237677000001",
        description=description,
        merchant_name=merchant_name,
        callback_url="https://pay.example/callbacks/token",
        return_url=return_url,
        cancel_url=cancel_url,
    )


def is_taken(url):
    parts = urlsplit(url)
    return (
        url.isascii()
        and url.isprintable()
        and " " not in url
        and len(url) <= 500
        and parts.scheme in ("http", "https")
        and parts.hostname
        and parts.port != 0
    )


@given(addresses, addresses)
def test_an_address_the_door_accepts_is_sent_as_it_was_kept(return_url, cancel_url):
    request = accepted(return_url=return_url, cancel_url=cancel_url)
    if request is None:
        return

    sent = creation(
        order(return_url=request.return_url, cancel_url=request.cancel_url),
        merchant_key="key",
        currency="XAF",
    )

    assert (sent["return_url"], sent["cancel_url"]) == (request.return_url, request.cancel_url)
    assert is_taken(sent["return_url"])
    assert is_taken(sent["cancel_url"])


@given(texts, texts, st.text(max_size=80))
def test_texts_the_door_accepts_leave_something_for_each_rail(description, reference, name):
    request = accepted(description=description, reference=reference)
    if request is None:
        return

    asked = order(description=request.description or request.merchant_reference, merchant_name=name)

    notes = json.loads(collect_body(asked))
    for note in (notes["payerMessage"], notes["payeeNote"]):
        assert note
        assert note.isascii()
        assert len(note) <= 160
    shop = creation(asked, merchant_key="key", currency="XAF")["reference"]
    assert shop.isprintable()
    assert 0 < len(shop) <= 30


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["return_url", "cancel_url"])
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://boutique-été.example/", "https://xn--boutique-t-j7ab.example/"),
        ("https://shop.example/été?q=Zoé 7", None),
        ("https://shop.example/été?q=Zoé#fin", "https://shop.example/%C3%A9t%C3%A9?q=Zo%C3%A9#fin"),
        ("https://shop.example/?a[]={id}|7", "https://shop.example/?a%5B%5D=%7Bid%7D%7C7"),
        ("https://shop.example/100%", "https://shop.example/100%25"),
        ("https://me:secret@shop.example/", None),
        ("https://shop.example:0/", None),
        ("https://shop..example/", None),
        ("https://shop.example/" + "é" * 100, None),
        ("https://shop.example/a\u200bb", None),
    ],
)
def test_an_address_is_kept_as_rails_take_it_or_refused(shop, field, sent, kept):
    answer = shop.post(payment_body(**{field: sent}))

    if kept is None:
        assert refusal(answer) == (400, "invalid_url", field)
        assert not Payment.objects.exists()
    else:
        assert answer.json()[field] == kept


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["reference", "description"])
@pytest.mark.parametrize(
    "text", ["a\x07b", "a\x1bb", "a\x85b", "\u202eevil", "a\u2066b", "a\ue000b", "a\x7fb"]
)
def test_a_text_with_what_nobody_sees_is_refused(shop, field, text):
    answer = shop.post(payment_body(**{field: text}))

    assert refusal(answer) == (400, "text_not_printable", field)
    assert not Payment.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["reference", "description"])
@pytest.mark.parametrize(
    "text", ["Œuvre d’été", "عطر\u200f 5", "👩🏽‍🍳 ndolé", "e\u0301", "\u0301", "购物", "a  b"]
)
def test_every_language_is_kept_as_it_was_written(shop, field, text):
    assert shop.post(payment_body(**{field: text})).json()[field] == text


@pytest.mark.django_db
def test_a_description_is_one_line_and_a_reference_is_never_rewritten(shop):
    answer = shop.post(payment_body(description="Two tickets\r\nRow 7\tSeat 2"))
    refused = shop.post(payment_body(reference="order\n7"))

    assert answer.json()["description"] == "Two tickets Row 7 Seat 2"
    assert refusal(refused) == (400, "text_not_printable", "reference")
