"""What a program sends to make, change or rotate API keys: shape and limits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.core.api.fields import InstantField, KnownFieldsOnly, VisibleTextField, WholeNumberField
from apps.merchants.models import ApiKey
from apps.merchants.representation import ENDS, ROTATES
from apps.merchants.rotation_schedule import ROTATION_DAYS_MAX
from apps.merchants.rules.allowed_networks import NETWORKS_MAX, TooManyNetworks, allowed_networks
from apps.merchants.scopes import ALL
from apps.merchants.services.change_api_key import KeyChanges

OVERLAP_HOURS_MAX = 168
OVERLAP_HOURS_DEFAULT = 24


class ScopesField(serializers.Field[list[str], Any, list[str], Any]):
    """Scopes by name, each once."""

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "string", "enum": list(ALL)},
        "minItems": 1,
        "maxItems": len(ALL),
        "uniqueItems": True,
    }

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise ValidationError("Send a list of scopes.", code="not_a_list")
        if not data:
            raise ValidationError("Name at least one scope.", code="empty")
        known = all(isinstance(scope, str) and scope in ALL for scope in data)
        if not known or len(set(data)) != len(data):
            raise ValidationError(f"Send some of {', '.join(ALL)}, once.", code="unknown_scope")
        return sorted(data)


class AddressesField(serializers.Field[list[str], Any, list[str], Any]):
    """Networks in CIDR notation; an address alone is a network of one."""

    json_schema: ClassVar[dict[str, Any]] = {
        "type": "array",
        "items": {"type": "string", "maxLength": 43},
        "maxItems": NETWORKS_MAX,
    }

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list):
            raise ValidationError("Send a list of networks.", code="not_a_list")
        try:
            return allowed_networks(data)
        except TooManyNetworks:
            raise ValidationError(f"Send at most {NETWORKS_MAX}.", code="too_many") from None
        except ValueError:
            raise ValidationError(
                "Send networks such as 203.0.113.0/24 or 2001:db8::/32, no bit set behind the "
                "prefix; IPv4 as IPv4.",
                code="invalid_network",
            ) from None


class OverlapField(WholeNumberField):
    """For how many hours the old and the new secret both work."""

    def __init__(self, **options: Any) -> None:
        code = "overlap_out_of_range"
        super().__init__(0, OVERLAP_HOURS_MAX, code=code, required=False, **options)


class ApiKeyChangeInput(KnownFieldsOnly):
    label = VisibleTextField(  # type: ignore[assignment]
        max_length=60, required=False, allow_blank=True, help_text="For people."
    )
    scopes = ScopesField(required=False, help_text="What a restricted key may do.")
    allowed_addresses = AddressesField(
        required=False, help_text="Where it may be used from; [] means everywhere."
    )
    expires_at = InstantField(required=False, allow_null=True, help_text=ENDS)
    rotate_every_days = WholeNumberField(
        *(1, ROTATION_DAYS_MAX),
        code="interval_out_of_range",
        required=False,
        allow_null=True,
        help_text=ROTATES,
    )


class ApiKeyInput(ApiKeyChangeInput):
    kind = serializers.ChoiceField(
        choices=ApiKey.Kind.choices,
        help_text="restricted: may do what you name in scopes. secret: everything but refunds and "
        "payouts.",
        error_messages={"invalid_choice": "Send secret or restricted."},
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == ApiKey.Kind.RESTRICTED and "scopes" not in attrs:
            raise ValidationError(
                {"scopes": [ErrorDetail("A restricted key needs scopes.", "required")]}
            )
        if attrs["kind"] == ApiKey.Kind.SECRET and "scopes" in attrs:
            raise ValidationError(
                {"scopes": [ErrorDetail("To name scopes, make a restricted key.", "scopes_fixed")]}
            )
        return attrs


class RotationInput(KnownFieldsOnly):
    overlap_hours = OverlapField(help_text="How long both work; 24 if left out.")


def read_new_key(data: Any) -> dict[str, Any]:
    """The arguments of grant_api_key; raises rest_framework's ValidationError, codes stable."""
    values: dict[str, Any] = _NEW.run_validation(data)
    values.pop("kind")
    return values


def read_changes(data: Any) -> KeyChanges:
    changes: KeyChanges = _CHANGES.run_validation(data)
    return changes


def read_overlap(data: Any) -> timedelta:
    return overlap_of(_ROTATION.run_validation(data))


def overlap_of(values: Mapping[str, Any]) -> timedelta:
    """What `overlap_hours`, an OverlapField, says; a day if it was left out."""
    return timedelta(hours=values.get("overlap_hours", OVERLAP_HOURS_DEFAULT))


# Made once: a serializer copies its fields each time it is made.
_NEW, _CHANGES, _ROTATION = ApiKeyInput(), ApiKeyChangeInput(), RotationInput()
