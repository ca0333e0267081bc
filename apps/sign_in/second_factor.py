"""Checking a second factor: nothing is accepted twice, and rubbish is a wrong one, not an error."""

from __future__ import annotations

import json

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal import auth as webauthn
from cryptography.exceptions import InvalidSignature
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

# A digit may be written in a hundred ways, but not at any length.
CODE_LENGTH_MAX = 32
# Of what a browser says of a passkey; attestations may be some thousand characters.
CREDENTIAL_LENGTH_MAX = 16_384
# Everything fido2 raises at what is no credential.
RUBBISH = (ValidationError, ValueError, TypeError, KeyError, AttributeError, InvalidSignature)


@transaction.atomic
def check_code(user: User, code: str) -> Authenticator | None:
    """Whose code of an authenticator app or recovery code this is; None if it is wrong or was used.

    The used time step stands in the database, under a lock: Redis may be emptied at any moment.
    """
    if len(code) > CODE_LENGTH_MAX or not code.isascii():
        return None
    for authenticator in (
        Authenticator.objects.select_for_update()
        .filter(user=user, type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES])
        .order_by("pk")
    ):
        if authenticator.type == Authenticator.Type.TOTP:
            is_right = _use_time_code(authenticator, code)
        else:
            is_right = authenticator.wrap().validate_code(code)
        if is_right:
            return authenticator
    return None


def check_passkey(user: User, credential: object) -> Authenticator | None:
    """The passkey of this person that answered the question of this session; None otherwise."""
    if not isinstance(credential, dict):
        return None
    try:
        webauthn.parse_authentication_response(credential)
        return webauthn.complete_authentication(user, credential)
    except RUBBISH:
        return None
    finally:
        # One question, one answer.
        webauthn.clear_state()


def read_credential(text: str) -> object:
    """What the browser sent, or None."""
    if len(text) > CREDENTIAL_LENGTH_MAX:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _use_time_code(authenticator: Authenticator, code: str) -> bool:
    secret = decrypt(authenticator.data["secret"])
    # The code it was added with was a use of it too.
    created = int(authenticator.created_at.timestamp()) // app_settings.TOTP_PERIOD
    last = authenticator.data.get("used_step", created + app_settings.TOTP_TOLERANCE)
    for step in yield_hotp_counters_from_time():
        expected = format_hotp_value(hotp_value(secret, step))
        if compare_user_code(actual=code, expected=expected) and step > last:
            authenticator.data["used_step"] = step
            authenticator.save(update_fields=["data"])
            return True
    return False
