"""What a merchant sends about OAuth applications and client certificates."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import urlsplit

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.api.fields import FlagField, KnownFieldsOnly, TextField, VisibleTextField
from apps.merchants.api.api_key_input import AddressesField, ScopesField
from apps.oauth.services.change_application import ApplicationChanges

NAME_LENGTH_MAX = 60
REDIRECTS_MAX = 10
REDIRECT_LENGTH_MAX = 500
PEM_LENGTH_MAX = 16_384

NAME = "Shown to people."
REDIRECTS = "Where people are sent back to: compared letter by letter with what a request says."
SCOPES = "The most its tokens may do."
CONFIDENTIAL = "Whether it can keep a secret: a server can, a telephone or browser cannot."
BOUND = (
    "Tokens work only beside the registered client certificate they were asked for with (RFC 8705)."
)
ADDRESSES = "Where its tokens may be got and used from; [] means everywhere."
ACTIVE = "Off, it gets no tokens and has none."

# Where a program on a developer's or cashier's own machine listens (RFC 8252, 7.3).
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class RedirectAddressesField(serializers.Field[list[str], Any, list[str], Any]):
    """Full addresses people are sent back to: https, or http on the person's own machine."""

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "string", "format": "uri", "maxLength": REDIRECT_LENGTH_MAX},
        "maxItems": REDIRECTS_MAX,
    }

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise ValidationError("Send a list of addresses.", code="not_a_list")
        if len(data) > REDIRECTS_MAX:
            raise ValidationError(f"Send at most {REDIRECTS_MAX} addresses.", code="too_many")
        for address in data:
            if not _is_usable(address):
                raise ValidationError(
                    "Send https://… (or http://127.0.0.1…), in ASCII, without a fragment or a "
                    f"user name, at most {REDIRECT_LENGTH_MAX} characters.",
                    code="invalid_redirect_uri",
                )
        return list(dict.fromkeys(data))

    def to_representation(self, value: list[str]) -> list[str]:
        return value


def _is_usable(address: Any) -> bool:
    if not isinstance(address, str) or len(address) > REDIRECT_LENGTH_MAX:
        return False
    if not all("!" <= character <= "~" for character in address) or "#" in address:
        return False
    if any(character in address for character in "\"'<>;,\\^`{|}"):
        return False
    try:
        parts = urlsplit(address)
        _ = parts.port
    except ValueError:
        return False
    if not parts.hostname or "@" in parts.netloc or "*" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class ApplicationChangesInput(KnownFieldsOnly):
    name = VisibleTextField(max_length=NAME_LENGTH_MAX, required=False, help_text=NAME)
    redirect_uris = RedirectAddressesField(required=False, help_text=REDIRECTS)
    scopes = ScopesField(required=False, help_text=SCOPES)
    certificate_bound_tokens = FlagField(
        required=False,
        help_text=BOUND,
    )
    allowed_addresses = AddressesField(required=False, help_text=ADDRESSES)
    is_active = FlagField(required=False, help_text=ACTIVE)


class ApplicationInput(KnownFieldsOnly):
    name = VisibleTextField(max_length=NAME_LENGTH_MAX, help_text=NAME)
    redirect_uris = RedirectAddressesField(required=False, help_text=REDIRECTS)
    scopes = ScopesField(help_text=SCOPES)
    is_confidential = FlagField(
        required=False,
        help_text=CONFIDENTIAL,
    )
    certificate_bound_tokens = FlagField(
        required=False,
        help_text=BOUND,
    )
    allowed_addresses = AddressesField(required=False, help_text=ADDRESSES)


class CertificateInput(KnownFieldsOnly):
    certificate = TextField(
        max_length=PEM_LENGTH_MAX, help_text="PEM, one certificate, without its private key."
    )
    scopes = ScopesField(help_text="What its holder may do.")
    allowed_addresses = AddressesField(
        required=False, help_text="Where it may be used from; [] means everywhere."
    )
    label = VisibleTextField(  # type: ignore[assignment]
        max_length=60, required=False, allow_blank=True, help_text="For people."
    )


def read_application(data: Any) -> dict[str, Any]:
    """Raises rest_framework's ValidationError."""
    return dict(ApplicationInput().run_validation(data))


def read_application_changes(data: Any) -> ApplicationChanges:
    """Raises rest_framework's ValidationError."""
    changes: ApplicationChanges = ApplicationChangesInput().run_validation(data)
    return changes


def read_certificate_input(data: Any) -> dict[str, Any]:
    """Raises rest_framework's ValidationError."""
    values = dict(CertificateInput().run_validation(data))
    values["pem"] = values.pop("certificate")
    return values
