from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from fido2 import cbor
from fido2.cose import ES256

PASSWORD = "tam-tam du Wouri"


def make_person(name="awa", **more):
    return User.objects.create_user(name, password=PASSWORD, **more)


def make_staff(name="binta", **more):
    return make_person(name, is_staff=True, **more)


def browser(**more):
    return Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en", **more)


def sign_in(client, user, password=PASSWORD, **more):
    name = user if isinstance(user, str) else user.get_username()
    return client.post("/login", {"username": name, "password": password, **more})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def give_authenticator(user):
    """An authenticator app, added an hour ago; answers its secret."""
    secret = generate_totp_secret()
    instance = TOTP.activate(user, secret).instance
    Authenticator.objects.filter(pk=instance.pk).update(
        created_at=timezone.now() - timedelta(hours=1)
    )
    return secret


def give_recovery_codes(user):
    return RecoveryCodes.activate(user).generate_codes()


def code_of(secret, steps=0):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def age(client, seconds, *names):
    """As if this session had done these things so long ago."""
    session = client.session
    for name in names:
        session[name] -= seconds
    session.save()


class SoftPasskey:
    """A passkey in software: what the browser would send for it."""

    def __init__(self, origin="https://testserver", domain="testserver"):
        self.origin, self.domain = origin, domain
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)

    def create(self, options):
        key = cbor.encode(dict(ES256.from_cryptography_key(self.key.public_key())))
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + key
        data = self._authenticator_data(0x45) + attested
        attestation = cbor.encode({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            {
                "clientDataJSON": _b64(self._client_data("webauthn.create", options)),
                "attestationObject": _b64(attestation),
                "transports": [],
            }
        )

    def get(self, options):
        data = self._authenticator_data(0x05)
        client = self._client_data("webauthn.get", options)
        signed = data + hashlib.sha256(client).digest()
        return self._answer(
            {
                "clientDataJSON": _b64(client),
                "authenticatorData": _b64(data),
                "signature": _b64(self.key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": None,
            }
        )

    def _authenticator_data(self, flags):
        return hashlib.sha256(self.domain.encode()).digest() + bytes([flags]) + bytes(4)

    def _client_data(self, kind, options):
        return json.dumps(
            {
                "type": kind,
                "challenge": options["publicKey"]["challenge"],
                "origin": self.origin,
                "crossOrigin": False,
            }
        ).encode()

    def _answer(self, response):
        return {
            "type": "public-key",
            "id": _b64(self.id),
            "rawId": _b64(self.id),
            "response": response,
            "clientExtensionResults": {},
        }


def options_of(answer):
    return json.loads(answer.context["passkey_options"])


def _b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def person(db):
    return make_person()


@pytest.fixture
def staff(db):
    return make_staff()


@pytest.fixture
def obligatory(settings):
    """As in staging and production."""
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.fixture
def client():
    return browser()
