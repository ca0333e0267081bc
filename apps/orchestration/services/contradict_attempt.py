from __future__ import annotations

import logging
from datetime import datetime

from apps.core.models import OutboxMessage
from apps.core.storable_text import storable_text
from apps.core.work import outbox
from apps.core.work.outbox import wake_on_commit
from apps.orchestration.due_work import CONTRADICTED
from apps.orchestration.models import ATTEMPT_FINAL, Attempt

logger = logging.getLogger(__name__)

TOPIC = CONTRADICTED
TEXT_LENGTH_MAX = 200


def contradict_attempt(attempt: Attempt, text: str, *, now: datetime) -> list[OutboxMessage]:
    """Keep what does not agree on the attempt, and hand it to a person: once for each text, and
    again if it is said after people decided.

    Returns the message, unsaved; the caller writes it with the attempt's `contradiction`.
    """
    text = storable_text(text, TEXT_LENGTH_MAX)
    is_decided = attempt.status in ATTEMPT_FINAL and not attempt.needs_person
    if attempt.contradiction == text and not is_decided:
        return []
    attempt.contradiction = text
    logger.warning("provider contradiction", extra={"attempt_id": str(attempt.pk)})
    return [contradiction_message(attempt, text, now=now)]


def contradiction_message(attempt: Attempt, text: str, *, now: datetime) -> OutboxMessage:
    """What opens the discrepancy about an attempt, unsaved."""
    wake_on_commit(TOPIC)
    return outbox.new_message(
        TOPIC,
        now=now,
        attempt_id=str(attempt.pk),
        detail=storable_text(text, TEXT_LENGTH_MAX),
        contradicted_at=now.isoformat(),
    )
