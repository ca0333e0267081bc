"""OAuth applications and client certificates as merchants see them."""

from __future__ import annotations

from apps.core.api.resource import Constant, Flag, Id, Instant, Json, Resource, Text
from apps.merchants.api.api_key_input import AddressesField, ScopesField
from apps.oauth.api.oauth_input import (
    ACTIVE,
    ADDRESSES,
    BOUND,
    CONFIDENTIAL,
    NAME,
    REDIRECTS,
    SCOPES,
    RedirectAddressesField,
)


class ApplicationOutput(Resource):
    """Without the secret. No query."""

    id = Id("app", example="app_01kasq2v9hf7n8xw4y6zt3m5cd")
    object = Constant("oauth_application")
    livemode = Flag(example=False)
    name = Text(example="Boutique en ligne", help_text=NAME)
    client_id = Text(
        example="lomi_app_01kasq2v9hf7n8xw4y6zt3m5cd",
        help_text="What it names itself by when it asks for tokens.",
    )
    is_confidential = Flag(example=True, help_text=CONFIDENTIAL)
    redirect_uris = Json(
        RedirectAddressesField.json_schema,
        source="redirect_addresses",
        example=["https://boutique.example/lomi/retour"],
        help_text=REDIRECTS,
    )
    scopes = Json(
        ScopesField.json_schema, example=["payments:read", "payments:write"], help_text=SCOPES
    )
    certificate_bound_tokens = Flag(example=False, help_text=BOUND)
    allowed_addresses = Json(
        AddressesField.json_schema, example=["203.0.113.0/24"], help_text=ADDRESSES
    )
    is_active = Flag(example=True, help_text=ACTIVE)
    created_at = Instant(example="2026-11-22T08:00:00.000Z")


class ApplicationWithSecretOutput(ApplicationOutput):
    client_secret = Text(
        is_given=True,
        allow_null=True,
        example="lomi_cs_…",
        help_text="Shown this once; null if it cannot keep one.",
    )


class ApplicationDeletedOutput(Resource):
    id = Id("app", example=ApplicationOutput.example()["id"])
    object = Constant("oauth_application")
    livemode = Flag(example=False)
    is_deleted = Flag(is_given=True, example=True)


class CertificateOutput(Resource):
    """No query."""

    id = Id("ccert", example="ccert_01kasq3c5e8r2t9v7w1x4y6z0b")
    object = Constant("client_certificate")
    livemode = Flag(example=False)
    label = Text(example="Serveur de caisse")  # type: ignore[assignment]
    thumbprint = Text(
        example="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        help_text="SHA-256 of the certificate, hexadecimal.",
    )
    subject = Text(example="CN=caisse.boutique.example", help_text="Whom it names, as in RFC 4514.")
    scopes = Json(ScopesField.json_schema, example=["payments:read", "payments:write"])
    allowed_addresses = Json(AddressesField.json_schema, example=[])
    not_before = Instant(example="2026-11-01T00:00:00.000Z", help_text="From when on it is valid.")
    not_after = Instant(example="2027-11-01T00:00:00.000Z", help_text="Until when it is valid.")
    created_at = Instant(example="2026-11-22T08:00:00.000Z")
    revoked_at = Instant(allow_null=True, example=None)
