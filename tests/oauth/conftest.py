from __future__ import annotations

import base64
import hashlib
import json
import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from apps.merchants.caller import Caller
from apps.merchants.models import ApiKey, Member
from apps.merchants.scopes import GRANTABLE
from apps.merchants.services.create_api_key import create_api_key
from apps.oauth.services.register_application import register_application
from apps.oauth.services.register_certificate import register_certificate
from tests.factories import MerchantFactory

BACK = "https://shop.example/back"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]
PROXY = {"TRUSTED_PROXIES": ["10.1.0.0/16"]}
THROUGH_PROXY = {"REMOTE_ADDR": "10.1.2.3", "HTTP_X_FORWARDED_FOR": "203.0.113.9"}


def caller_for(merchant, *, livemode=False):
    return Caller(merchant, livemode, frozenset(GRANTABLE), "key_test")


def make_application(merchant=None, *, livemode=False, now=None, **fields):
    merchant = merchant or MerchantFactory()
    details = {
        "name": "Caisse",
        "scopes": ["payments:read", "payments:write"],
        "redirect_uris": [BACK],
        **fields,
    }
    application, secret = register_application(
        caller=caller_for(merchant, livemode=livemode), now=now or timezone.now(), **details
    )
    application.secret = secret
    return application


def make_certificate(
    *, key=None, name="till.shop.example", days=(-1, 365), is_authority=False, now=None
):
    """(PEM, private key): self-signed, as far as we care."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    now = now or datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=days[0]))
        .not_valid_after(now + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), key


def make_registered(merchant, *, livemode=False, now=None, scopes=("payments:read",)):
    """A registered certificate and its PEM."""
    pem, _ = make_certificate(now=now)
    registered = register_certificate(
        caller=caller_for(merchant, livemode=livemode),
        pem=pem,
        scopes=scopes,
        now=now or timezone.now(),
    )
    return registered, pem


def make_member(merchant, role="owner", name=None):
    user = User.objects.create_user(name or f"{role}-{uuid.uuid4().hex[:8]}", password="pa ss")
    return Member.objects.create(merchant=merchant, user=user, role=role, created_at=timezone.now())


def as_header(pem):
    """As nginx writes $ssl_client_escaped_cert."""
    return quote(pem, safe="")


class Program:
    """A partner's program: it sends people to consent, and posts forms."""

    def __init__(self, application, pem=None):
        self.application = application
        self.client = Client(raise_request_exception=False)
        # What our own proxy adds to its requests.
        self.extra = {**THROUGH_PROXY, "HTTP_X_CLIENT_CERTIFICATE": as_header(pem)} if pem else {}

    def asking(self, **changes):
        asked = {
            "response_type": "code",
            "client_id": self.application.client_id,
            "redirect_uri": BACK,
            "scope": "payments:read",
            "state": "s t&te",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            **changes,
        }
        return "/oauth/authorize?" + urlencode({k: v for k, v in asked.items() if v is not None})

    def code(self, member, **changes):
        """A person signs in and allows it; the code that comes back."""
        browser = Client(raise_request_exception=False)
        browser.force_login(member.user)
        answer = browser.post(
            self.asking(**changes), {"decision": "allow", "merchant": member.merchant.public_id}
        )
        assert answer.status_code == 303, answer.content
        return sent_back(answer)["code"]

    def post(self, path, form):
        if self.application.is_confidential:
            form = {"client_secret": self.application.secret, **form}
        form = {"client_id": self.application.client_id, **form}
        form = {name: value for name, value in form.items() if value is not None}
        return self.client.post(
            f"/oauth/{path}",
            urlencode(form),
            content_type="application/x-www-form-urlencoded",
            **self.extra,
        )

    def exchange(self, code, **changes):
        return self.post(
            "token",
            {
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": BACK,
                "code_verifier": VERIFIER,
                **changes,
            },
        )

    def refresh(self, refresh_token, **changes):
        return self.post(
            "token",
            {"grant_type": "refresh_token", "refresh_token": refresh_token, **changes},
        )

    def own_tokens(self, **changes):
        return self.post("token", {"grant_type": "client_credentials", **changes})

    def tokens(self, member):
        answer = self.exchange(self.code(member))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def call(self, token, path="/api/v1/payments", **extra):
        return self.client.get(
            path, headers={"Authorization": f"Bearer {token}"}, **{**self.extra, **extra}
        )


def sent_back(answer):
    """What the redirect says, by name."""
    address = answer["Location"]
    assert address.startswith(BACK + "?"), address
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


@pytest.fixture
def merchant(db):
    return MerchantFactory()


@pytest.fixture
def member(merchant):
    return make_member(merchant)


@pytest.fixture
def program(db):
    """Of a partner: another merchant than the one it acts for."""
    return Program(make_application())


class Shop:
    """A merchant's own program, with an API key."""

    def __init__(self, merchant=None, *, livemode=False, scopes=None, **key_fields):
        self.merchant = merchant or MerchantFactory()
        _, self.key = create_api_key(
            merchant=self.merchant,
            livemode=livemode,
            kind=ApiKey.Kind.SECRET if scopes is None else ApiKey.Kind.RESTRICTED,
            scopes=GRANTABLE if scopes is None else scopes,
            now=timezone.now(),
            **key_fields,
        )
        self.client = Client(raise_request_exception=False)

    def send(self, method, path, body=None, *, key=None):
        headers = {"Authorization": f"Bearer {self.key}"}
        if method == "POST":
            headers["Idempotency-Key"] = key or str(uuid.uuid4())
        return self.client.generic(
            method,
            f"/api/v1/{path}",
            json.dumps(body) if body is not None else "",
            content_type="application/json",
            headers=headers,
        )


@pytest.fixture
def shop(db):
    return Shop()
