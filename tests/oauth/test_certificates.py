"""Client certificates: registered, presented, bound to tokens. nginx itself: tests/nginx."""

from __future__ import annotations

import base64
import hashlib

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from django.test import Client
from django.utils import timezone

from apps.core.ttl_cache import clear_all
from apps.oauth.models import AccessToken, ClientCertificate
from tests.factories import MerchantFactory, PaymentFactory
from tests.oauth.conftest import (
    PROXY,
    THROUGH_PROXY,
    Program,
    Shop,
    as_header,
    make_application,
    make_certificate,
    make_registered,
)

pytestmark = pytest.mark.django_db
PATH = "/api/v1/payments"


@pytest.fixture(autouse=True)
def _proxy(settings):
    settings.TRUSTED_PROXIES = PROXY["TRUSTED_PROXIES"]


def call_with(pem, **extra):
    return Client(raise_request_exception=False).get(
        PATH, **{**THROUGH_PROXY, "HTTP_X_CLIENT_CERTIFICATE": as_header(pem), **extra}
    )


def code_of(answer):
    return answer.status_code, answer.json().get("code")


def test_a_registered_certificate_calls_for_its_merchant(merchant):
    _, pem = make_registered(merchant)
    PaymentFactory(merchant=merchant, merchant_reference="theirs")
    PaymentFactory(merchant_reference="another's")

    answer = call_with(pem)

    assert [payment["reference"] for payment in answer.json()["data"]] == ["theirs"]


def test_a_certificate_does_only_what_it_was_registered_for(merchant):
    _, pem = make_registered(merchant, scopes=["balance:read"])

    assert code_of(call_with(pem)) == (403, "scope_missing")


def test_an_unregistered_certificate_opens_nothing(db):
    pem, _ = make_certificate()

    assert code_of(call_with(pem)) == (401, "certificate_unknown")


def test_a_revoked_certificate_opens_nothing_within_a_second(merchant):
    shop = Shop(merchant)
    certificate, pem = make_registered(merchant)
    assert call_with(pem).status_code == 200

    answer = shop.send("DELETE", f"client_certificates/{certificate.public_id}")
    clear_all()

    assert answer.json()["revoked_at"] is not None
    assert code_of(call_with(pem)) == (401, "certificate_unknown")


def test_a_certificate_ends_to_the_second(merchant, clock):
    certificate, pem = make_registered(merchant, now=clock.now)
    clock.now = certificate.not_after
    assert code_of(call_with(pem)) == (401, "certificate_expired")

    clock.advance(seconds=-1)

    assert call_with(pem).status_code == 200


def test_a_closed_merchants_certificate_is_refused(merchant):
    _, pem = make_registered(merchant)
    merchant.is_active = False
    merchant.save(update_fields=["is_active"])

    assert code_of(call_with(pem)) == (403, "merchant_inactive")


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.9", "10.2.0.1", ""])
def test_the_header_is_believed_from_our_proxy_alone(merchant, peer):
    _, pem = make_registered(merchant)

    answer = call_with(pem, REMOTE_ADDR=peer)

    assert code_of(answer) == (401, "authentication_required")


def test_an_api_key_is_asked_before_the_certificate(merchant):
    _, pem = make_registered(merchant)
    shop = Shop()
    PaymentFactory(merchant=merchant)

    answer = call_with(pem, HTTP_AUTHORIZATION=f"Bearer {shop.key}")

    assert answer.json()["data"] == []


# Tokens bound to a certificate.


@pytest.fixture
def bound():
    """A program whose tokens are bound, and the certificate it connects with."""
    application = make_application(certificate_bound_tokens=True)
    certificate, pem = make_registered(application.merchant)
    program = Program(application, pem)
    program.certificate = certificate
    return program


def test_a_bound_token_works_beside_its_certificate_only(bound):
    token = bound.own_tokens().json()["access_token"]
    _, other = make_registered(bound.application.merchant)

    beside_it = bound.call(token)
    without = Client().get(PATH, headers={"Authorization": f"Bearer {token}"})
    with_another = call_with(other, HTTP_AUTHORIZATION=f"Bearer {token}")
    spoofed = bound.call(token, REMOTE_ADDR="203.0.113.9")

    assert beside_it.status_code == 200
    assert code_of(without) == (401, "certificate_required")
    assert code_of(with_another) == (401, "certificate_mismatch")
    assert code_of(spoofed) == (401, "certificate_required")


def test_a_stolen_bound_token_is_refused_every_time(bound):
    token = bound.own_tokens().json()["access_token"]
    strangers = [make_certificate()[0] for _ in range(20)]

    answers = [call_with(pem, HTTP_AUTHORIZATION=f"Bearer {token}") for pem in strangers]
    answers += [Client().get(PATH, headers={"Authorization": f"Bearer {token}"}) for _ in range(20)]

    assert [answer.status_code for answer in answers] == [401] * 40


def test_introspection_shows_the_certificate_a_token_is_bound_to(bound):
    token = bound.own_tokens().json()["access_token"]

    seen = bound.post("introspect", {"token": token}).json()

    digest = base64.urlsafe_b64encode(bytes.fromhex(bound.certificate.thumbprint))
    assert seen["cnf"] == {"x5t#S256": digest.decode().rstrip("=")}


@pytest.mark.parametrize("presented", ["none", "unregistered", "another merchant's"])
def test_no_bound_token_is_made_without_a_registered_certificate(bound, presented):
    pem = {
        "none": None,
        "unregistered": make_certificate()[0],
        "another merchant's": make_registered(MerchantFactory())[1],
    }[presented]

    answer = Program(bound.application, pem).own_tokens()

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert not AccessToken.objects.exists()


def test_a_stolen_refresh_token_of_a_bound_program_is_worth_nothing(bound, member):
    tokens = bound.tokens(member)

    stolen = Program(bound.application).refresh(tokens["refresh_token"])
    own = bound.refresh(tokens["refresh_token"])

    assert stolen.json()["error"] == "invalid_client"
    assert own.status_code == 200


def test_revoking_a_certificate_ends_the_tokens_bound_to_it(bound):
    token = bound.own_tokens().json()["access_token"]
    shop = Shop(bound.application.merchant)

    shop.send("DELETE", f"client_certificates/{bound.certificate.public_id}")
    clear_all()

    assert code_of(bound.call(token)) == (401, "access_token_revoked")
    assert bound.own_tokens().status_code == 401


# Registering.


def register(shop, pem, **changes):
    body = {"certificate": pem, "scopes": ["payments:read"], "label": "till", **changes}
    return shop.send("POST", "client_certificates", body)


@pytest.mark.parametrize(
    "make_key",
    [
        lambda: rsa.generate_private_key(65537, 2048),
        lambda: ec.generate_private_key(ec.SECP256R1()),
        lambda: ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA 2048", "P-256", "P-384"],
)
def test_a_certificate_is_registered_by_its_sha_256(shop, make_key):
    pem, _ = make_certificate(key=make_key())
    der = x509.load_pem_x509_certificate(pem.encode()).public_bytes(serialization.Encoding.DER)

    answer = register(shop, pem)

    told = answer.json()
    assert answer.status_code == 201
    assert told["thumbprint"] == hashlib.sha256(der).hexdigest()
    assert told["subject"] == "CN=till.shop.example"
    assert told["id"].startswith("ccert_")


def weak_rsa():
    return rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize(
    ("make_pem", "refusal"),
    [
        (lambda: "nonsense", "certificate_invalid"),
        (
            lambda: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
            "certificate_invalid",
        ),
        (lambda: make_certificate()[0] * 2, "certificate_invalid"),
        (lambda: make_certificate(is_authority=True)[0], "certificate_invalid"),
        (lambda: make_certificate(key=weak_rsa())[0], "certificate_weak"),
        (
            lambda: make_certificate(key=ec.generate_private_key(ec.SECP256K1()))[0],
            "certificate_weak",
        ),
        (
            lambda: make_certificate(key=dsa.generate_private_key(2048))[0],
            "certificate_weak",
        ),
        (lambda: make_certificate(days=(-10, -1))[0], "certificate_not_valid_now"),
        (lambda: make_certificate(days=(1, 10))[0], "certificate_not_valid_now"),
    ],
    ids=["text", "empty", "two", "CA", "RSA 1024", "secp256k1", "DSA", "expired", "not yet"],
)
def test_what_is_no_good_certificate_is_refused_with_its_reason(shop, make_pem, refusal):
    answer = register(shop, make_pem())

    assert code_of(answer) == (422, refusal)
    assert answer.json()["errors"][0]["field"] == "certificate"
    assert not ClientCertificate.objects.exists()


def test_a_private_key_is_refused_unread(shop):
    pem, key = make_certificate()
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()

    answer = register(shop, private + pem)

    assert code_of(answer) == (422, "certificate_invalid")
    assert "private key" in answer.json()["detail"]


def test_ed25519_is_good_too(shop):
    key = ed25519.Ed25519PrivateKey.generate()
    subject = x509.Name([])
    now = timezone.now()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timezone.timedelta(days=1))
        .sign(key, None)
    )

    answer = register(shop, certificate.public_bytes(serialization.Encoding.PEM).decode())

    assert answer.status_code == 201


def test_one_certificate_says_by_itself_who_calls_so_it_has_one_holder(shop):
    pem, _ = make_certificate()
    first = register(shop, pem)

    again = register(shop, pem)
    stranger = register(Shop(), pem)
    shop.send("DELETE", f"client_certificates/{first.json()['id']}")

    assert code_of(again) == code_of(stranger) == (409, "certificate_in_use")
    assert register(shop, pem).status_code == 201


def test_no_credential_gives_a_certificate_more_than_it_has(merchant):
    shop = Shop(merchant, scopes=["api_keys:write", "payments:read"])
    pem, _ = make_certificate()

    more = register(shop, pem, scopes=["payments:read", "payments:write"])

    assert code_of(more) == (403, "scope_not_grantable")
    assert register(shop, pem).status_code == 201


def test_a_strangers_certificate_is_not_found(shop):
    certificate, _ = make_registered(MerchantFactory())

    for method in ("GET", "DELETE"):
        answer = shop.send(method, f"client_certificates/{certificate.public_id}")
        assert code_of(answer) == (404, "client_certificate_not_found")
    assert shop.send("GET", "client_certificates").json()["data"] == []
    certificate.refresh_from_db()
    assert certificate.revoked_at is None
