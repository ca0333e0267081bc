"""An API key, and who is calling, as merchants see them: in answers and events alike."""

from __future__ import annotations

from rest_framework import serializers

from apps.core.api.resource import Choice, Constant, Flag, Id, Instant, List, Number, Resource, Text
from apps.merchants.models import ApiKey
from apps.merchants.scopes import ALL

ENDS = "When it ends by itself; null: never."
ROTATES = "After how many days it is rotated by itself; null: it is not."


class ApiKeyOutput(Resource):
    """Never the key itself. No query, once read with_successor."""

    id = Id("key", example="key_01kasd9y7nfx58m4vqgh3w2z6t")
    object = Constant("api_key")
    livemode = Flag(example=False)
    kind = Choice(
        ApiKey.Kind.values,
        example="restricted",
        help_text="restricted: made with the scopes that were named. secret: made with all"
        " but those that move money out.",
    )
    # It depends on the time.
    status = Choice(
        ApiKey.Status.values,
        is_given=True,
        example="active",
        help_text="active: it works. waiting: a successor whose key nobody has collected yet."
        " expired: its time is over. revoked: somebody ended it.",
    )
    label = Text(allow_blank=True, example="Till of the shop in Akwa")  # type: ignore[assignment]
    prefix = Text(
        allow_null=True,
        example="lomi_rk_test_8sKq",
        help_text="Its first characters; null while it waits to be collected.",
    )
    scopes = List(
        child=serializers.ChoiceField(choices=list(ALL)),
        convert=sorted,
        example=["payments:read", "payments:write"],
    )
    allowed_addresses = List(child=serializers.CharField(), example=["203.0.113.0/24"])
    expires_at = Instant(allow_null=True, example=None, help_text=ENDS)
    rotate_every_days = Number(
        allow_null=True,
        example=90,
        help_text=ROTATES,
    )
    rotation_starts_at = Instant(
        allow_null=True,
        example="2027-02-13T08:00:00.000Z",
        help_text="When a successor is to be offered; null without rotation, and once it has"
        " begun.",
    )
    rotation_ends_at = Instant(
        allow_null=True,
        example=None,
        help_text="While a successor waits: when this key is to end; else null.",
    )
    rotated_from = Id(
        "key",
        source="rotated_from_id",
        allow_null=True,
        example=None,
        help_text="The key that it replaces; null if it replaces none.",
    )
    successor = Id(
        "key",
        source="successor_id",
        allow_null=True,
        example=None,
        help_text="The key that replaces it; null while there is none.",
    )
    last_used_at = Instant(
        allow_null=True, example=None, help_text="To the minute; null if it never was."
    )
    revoked_at = Instant(allow_null=True, example=None)
    created_at = Instant(example="2026-11-22T08:00:00.000Z")


class ApiKeyWithSecretOutput(ApiKeyOutput):
    secret = Text(
        is_given=True,
        # Not a key: the checksum is wrong, so that scanners stay calm.
        example="lomi_rk_test_8sKq…",
        help_text="The key itself: shown this once.",
    )


class MerchantOutput(Resource):
    id = Id("mer", example="mer_01kasd9y7nfx58m4vqgh3w2z6t")
    object = Constant("merchant")
    name = Text(example="Boutique Wouri", help_text="Your business.")
    country = Text(example="CM")
    currency = Text(example="XAF", help_text="Your own currency, as in ISO 4217.")
    timezone = Text(example="Africa/Douala", help_text="Your time zone, such as Africa/Douala.")
    language = Text(
        example="fr", help_text="The language of your statements and e-mails: fr or en."
    )


class CredentialOutput(Resource):
    id = Text(
        source="credential",
        example=ApiKeyOutput.example()["id"],
        help_text="key_… of an API key, the client id of an access token.",
    )
    kind = Choice(
        ["secret_key", "restricted_key", "access_token", "client_certificate"],
        example="restricted_key",
        help_text="secret_key and restricted_key: an API key. access_token: by OAuth."
        " client_certificate: by mutual TLS.",
    )
    scopes = List(
        child=serializers.CharField(), convert=sorted, example=ApiKeyOutput.example()["scopes"]
    )
    expires_at = Instant(allow_null=True, example=None, help_text=ENDS)


class MeOutput(Resource):
    object = Constant("me")
    livemode = Flag(example=False)
    mode = Choice(
        ["test", "live"],
        source="livemode",
        convert=lambda livemode: "live" if livemode else "test",
        example="test",
        help_text="test or live: `livemode` as a word.",
    )
    merchant = MerchantOutput(help_text="Whom you act for.")
    credential = CredentialOutput(source="*", help_text="What this request was made with.")
