"""What a merchant sends about webhooks: shape and limits, each refusal with its own code."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from apps.core.api.fields import (
    FlagField,
    InstantField,
    KnownFieldsOnly,
    MetadataField,
    TextField,
    VisibleTextField,
)
from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.merchants.api.api_key_input import OverlapField, overlap_of
from apps.webhooks.rules.subscriptions import TYPES_MAX, expand_types, known_types

URL_LENGTH_MAX = 500
DESCRIPTION_LENGTH_MAX = 140
REPLAY_IDS_MAX = 100

# Every type, and "payment.*" and the like for all that begin so.
KINDS = tuple(dict.fromkeys(f"{name.partition('.')[0]}.*" for name in known_types()))
KNOWN_OR_KIND = (*known_types(), *KINDS)


class ReplayUnclear(DomainError):
    code = "replay_unclear"
    status = 400
    title = "What to replay is not clear."


class EventKindsField(serializers.Field[list[str], Any, list[str], Any]):
    """Types, or all of a kind: payment.*."""

    json_schema = {
        "type": "array",
        "maxItems": TYPES_MAX,
        "items": {"type": "string", "enum": list(KNOWN_OR_KIND)},
    }

    def to_internal_value(self, data: Any) -> list[str]:
        names = _texts(data, max_count=TYPES_MAX)
        return expand_types(names, field=str(self.field_name))


class EventIdField(TextField):
    json_schema = {"type": "string", "pattern": "^evt_[0-7][0-9a-hjkmnp-tv-z]{25}$"}

    def to_internal_value(self, data: Any) -> UUID:  # type: ignore[override]
        return _event_id(super().to_internal_value(data))


class EventIdsField(serializers.Field[list[UUID], Any, list[str], Any]):
    json_schema = {
        "type": "array",
        "minItems": 1,
        "maxItems": REPLAY_IDS_MAX,
        "items": EventIdField.json_schema,
    }

    def to_internal_value(self, data: Any) -> list[UUID]:
        texts = _texts(data, max_count=REPLAY_IDS_MAX)
        if not texts:
            raise ValidationError("Name at least one event.", code="empty")
        return [_event_id(text) for text in texts]

    def to_representation(self, value: list[UUID]) -> list[str]:
        return [str(one) for one in value]


URL = "Where they are posted: in live mode https, and public."


class WebhookEndpointChanges(KnownFieldsOnly):
    url = TextField(max_length=URL_LENGTH_MAX, required=False, help_text=URL)
    event_types = EventKindsField(
        required=False,
        help_text="The events it wants; none: every event that brings news. payment.* stands for"
        " the types of that kind that there are today, and is answered as those.",
    )
    description = VisibleTextField(
        max_length=DESCRIPTION_LENGTH_MAX,
        required=False,
        allow_blank=True,
        help_text="For yourself alone.",
    )
    metadata = MetadataField(required=False, help_text="Takes the place of what was there.")
    is_enabled = FlagField(required=False, help_text="false: it is sent nothing new.")


class WebhookEndpointInput(WebhookEndpointChanges):
    url = TextField(max_length=URL_LENGTH_MAX, help_text=URL)


class SecretRotationInput(KnownFieldsOnly):
    overlap_hours = OverlapField(help_text="How long the secret before signs too. 24 unless said.")


class WebhookReplayInput(KnownFieldsOnly):
    event_ids = EventIdsField(required=False, help_text="These events, and nothing else.")
    after_event = EventIdField(required=False, help_text="Every event after this one.")
    created_after = InstantField(
        required=False, help_text="Events created at this instant or later."
    )
    created_before = InstantField(required=False, help_text="Events created before this instant.")
    types = EventKindsField(
        required=False, help_text="Only these types; none: what the endpoint wants."
    )


class EventReplayInput(KnownFieldsOnly):
    webhook_endpoint = TextField(
        max_length=40,
        required=False,
        help_text="Only to this endpoint, whether it wants such events or not.",
    )


def read_endpoint(data: Any) -> dict[str, Any]:
    """All fields of a new endpoint. Raises rest_framework's ValidationError, its codes stable."""
    values = WebhookEndpointInput().run_validation(data)
    return {
        "event_types": [],
        "description": "",
        "metadata": {},
        "is_enabled": True,
        **values,
    }


def read_changes(data: Any) -> dict[str, Any]:
    values: dict[str, Any] = WebhookEndpointChanges().run_validation(data)
    return dict(values)


def read_overlap(data: Any) -> timedelta:
    return overlap_of(SecretRotationInput().run_validation(data))


def read_replay(data: Any) -> dict[str, Any]:
    """Either event_ids alone, or a range with a beginning.

    Raises:
        ReplayUnclear: both, or neither.
    """
    values: dict[str, Any] = WebhookReplayInput().run_validation(data)
    has_range = bool(values.keys() - {"event_ids"})
    if ("event_ids" in values) == has_range:
        raise ReplayUnclear("Send event_ids alone, or after_event or created_after.")
    if has_range and not values.keys() & {"after_event", "created_after"}:
        raise ReplayUnclear("Send after_event or created_after: where does the range begin?")
    return dict(values)


def _texts(data: Any, *, max_count: int) -> list[str]:
    if not isinstance(data, list):
        raise ValidationError("Send a list.", code="not_a_list")
    if len(data) > max_count:
        raise ValidationError(f"Send at most {max_count}.", code="too_many")
    if not _are_texts(data):
        raise ValidationError("Send a list of texts.", code="not_text")
    return data


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _event_id(text: str) -> UUID:
    try:
        return decode_id("evt", text)
    except InvalidPublicId:
        raise ValidationError("Such an id is evt_ and 26 characters.", "invalid_id") from None
