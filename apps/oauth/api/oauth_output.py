"""What is answered about applications and certificates, for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.merchants.api.api_key_input import AddressesField, ScopesField
from apps.oauth.api.oauth_input import RedirectAddressesField


class ApplicationOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["oauth_application"])
    livemode = serializers.BooleanField()
    name = serializers.CharField()
    client_id = serializers.CharField()
    is_confidential = serializers.BooleanField()
    redirect_uris = RedirectAddressesField()
    scopes = ScopesField()
    certificate_bound_tokens = serializers.BooleanField()
    allowed_addresses = AddressesField(help_text="None: everywhere.")
    is_active = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ApplicationWithSecretOutput(ApplicationOutput):
    client_secret = serializers.CharField(
        allow_null=True, help_text="Shown this once; null if it cannot keep one."
    )


class ApplicationDeletedOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["oauth_application"])
    livemode = serializers.BooleanField()
    is_deleted = serializers.BooleanField()


class CertificateOutput(serializers.Serializer[Any]):
    id = serializers.CharField()
    object = serializers.ChoiceField(choices=["client_certificate"])
    livemode = serializers.BooleanField()
    label = serializers.CharField()  # type: ignore[assignment]
    thumbprint = serializers.CharField(help_text="SHA-256 of the certificate, hexadecimal.")
    subject = serializers.CharField()
    scopes = ScopesField()
    allowed_addresses = AddressesField(help_text="None: everywhere.")
    not_before = serializers.DateTimeField()
    not_after = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
