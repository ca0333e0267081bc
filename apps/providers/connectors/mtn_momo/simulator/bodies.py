"""What callers send, as MTN reads it. Raises UnreadableBody (answered 400) or Refusal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from apps.providers.simulation.exchange import Answer, Request, UnreadableBody

from .answers import Refusal


def reference_id(request: Request) -> str:
    """X-Reference-Id, which must be a version 4 UUID. Raises Refusal(400)."""
    value = request.header("x-reference-id") or ""
    try:
        reference = UUID(value)
    except ValueError:
        raise Refusal(Answer(400)) from None
    if reference.version != 4 or len(value) != 36:
        raise Refusal(Answer(400))
    return str(reference)


def text_of(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise UnreadableBody(name)
    return value


def is_uuid(text: str) -> bool:
    try:
        return len(text) == 36 and bool(UUID(text))
    except ValueError:
        return False


def amount_text(body: Mapping[str, Any]) -> str:
    """A string on this wire; several clients send a JSON number, and that works."""
    value = body.get("amount")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number else text_of(body, "amount")


def seconds(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name, 3600)
    if isinstance(value, bool) or not isinstance(value, int) or value <= 0:
        raise UnreadableBody(name)
    return value


def check_note(body: Mapping[str, Any], name: str) -> None:
    """Letters of any script; these two signs are attested as refused."""
    value = body.get(name) or ""
    if not isinstance(value, str) or len(value) > 160 or "'" in value or "&" in value:
        raise UnreadableBody(name)


def party_of(body: Mapping[str, Any], role: str) -> str:
    party = body.get(role)
    if not isinstance(party, dict):
        raise UnreadableBody(role)
    party_id = party.get("partyId")
    party_type = str(party.get("partyIdType") or "").upper()
    if not isinstance(party_id, str) or party_type not in ("MSISDN", "EMAIL", "PARTY_CODE"):
        raise UnreadableBody(role)
    if party_type == "MSISDN" and not re.fullmatch("[0-9]{6,15}", party_id):
        raise UnreadableBody(role)
    return party_id


def party_type_of(body: Mapping[str, Any], role: str) -> str:
    party = body.get(role)
    return str(party.get("partyIdType")) if isinstance(party, dict) else "MSISDN"


def iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="seconds")
