"""Attempts as merchants see them."""

from __future__ import annotations

from typing import Any

from apps.core.json_format import instant_as_json
from apps.core.public_ids import encode_id
from apps.orchestration.models import Attempt
from apps.orchestration.rules.owners import OwnerRow


def attempt_as_json(attempt: Attempt, *, owner: OwnerRow) -> dict[str, Any]:
    """The public shape of an attempt read with its provider account. No query."""
    return {
        "id": encode_id("att", attempt.pk),
        "object": "attempt",
        "livemode": owner.livemode,
        attempt.owner_type: owner.public_id,
        "operation": attempt.operation,
        # Its name of before.
        "kind": attempt.operation,
        "provider": attempt.provider_account.connector,
        "status": attempt.status,
        "reference": str(attempt.reference),
        "provider_reference": attempt.provider_reference or None,
        "failure_code": attempt.failure_code or None,
        "created_at": instant_as_json(attempt.created_at),
        "submitted_at": instant_as_json(attempt.submitted_at),
        "completed_at": instant_as_json(attempt.completed_at),
    }
