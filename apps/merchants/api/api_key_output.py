"""What answers about API keys and the caller look like; for the documentation alone."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.merchants.models import ApiKey
from apps.merchants.scopes import ALL


class ApiKeyOutput(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="key_…")
    object = serializers.ChoiceField(choices=["api_key"])
    livemode = serializers.BooleanField()
    kind = serializers.ChoiceField(choices=ApiKey.Kind.values)
    status = serializers.ChoiceField(choices=ApiKey.Status.values)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]
    prefix = serializers.CharField(
        allow_null=True, help_text="Its first characters; null while it waits to be collected."
    )
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(ALL)))
    allowed_addresses = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)
    rotate_every_days = serializers.IntegerField(allow_null=True)
    rotation_starts_at = serializers.DateTimeField(
        allow_null=True, help_text="When a successor is to be offered."
    )
    rotation_ends_at = serializers.DateTimeField(
        allow_null=True, help_text="While a successor waits: when this key is to end."
    )
    rotated_from = serializers.CharField(allow_null=True, help_text="The key that it replaces.")
    successor = serializers.CharField(allow_null=True, help_text="The key that replaces it.")
    last_used_at = serializers.DateTimeField(allow_null=True, help_text="To the minute.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()


class ApiKeyWithSecretOutput(ApiKeyOutput):
    secret = serializers.CharField(help_text="The key itself: shown this once.")


class MerchantOutput(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="mer_…")
    object = serializers.ChoiceField(choices=["merchant"])
    name = serializers.CharField()
    country = serializers.CharField(help_text="ISO 3166, e.g. CM.")
    currency = serializers.CharField(help_text="ISO 4217, e.g. XAF.")
    timezone = serializers.CharField(help_text="e.g. Africa/Douala.")
    language = serializers.CharField()


class CredentialOutput(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="key_… of an API key, the client id of an access token.")
    kind = serializers.ChoiceField(
        choices=["secret_key", "restricted_key", "access_token", "client_certificate"]
    )
    scopes = serializers.ListField(child=serializers.CharField())
    expires_at = serializers.DateTimeField(allow_null=True)


class MeOutput(serializers.Serializer[Any]):
    object = serializers.ChoiceField(choices=["me"])
    livemode = serializers.BooleanField()
    mode = serializers.ChoiceField(choices=["test", "live"])
    merchant = MerchantOutput()
    credential = CredentialOutput()
