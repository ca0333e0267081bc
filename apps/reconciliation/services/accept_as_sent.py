from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from apps.orchestration.services.book_as_sent import book_as_sent
from apps.reconciliation.services.decide_attempt import decide_attempt


def accept_as_sent(payload: Mapping[str, Any], **decided: Any) -> None:
    """What the action "outgoing.book_as_sent" does: the refund or payout is booked as sent. The
    payload's `amount` is what was sent."""
    decide_attempt(book_as_sent, payload, **decided)
