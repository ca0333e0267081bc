from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from apps.core import database_clock
from apps.orchestration.models import ATTEMPT_FINAL, IN_DOUBT, Attempt, AttemptStatus
from apps.orchestration.rules.judge_reply import ProviderReply
from apps.orchestration.selectors.load_attempts import load_attempt
from apps.orchestration.selectors.money_out import is_asked_first
from apps.orchestration.services.apply_replies import apply_replies
from apps.orchestration.services.ask_elsewhere import ask_elsewhere
from apps.orchestration.services.ask_reference import ask_reference
from apps.orchestration.services.repeat_order import may_be_repeated, repeat_order
from apps.orchestration.services.trace_call import trace_call
from apps.providers.contract import ProviderBusy, ReferenceUnknown


def refresh_attempt(*, attempt_id: UUID, source: str, now: datetime | None = None) -> Any:
    """Ask the provider what became of an attempt, and apply its answer; returns the owner.

    Final attempts are asked about too: what the provider says otherwise goes to a person. One that
    was never sent yet is left alone. `now` is the time of the answer; doors that hold no clock
    leave it out.
    """
    attempt = load_attempt(attempt_id)
    reply = ask_provider(attempt, source=source)
    if reply is None:
        return attempt.owner
    return apply_replies([reply], now=now or database_clock.now())[attempt_id].owner


def ask_provider(attempt: Attempt, *, source: str) -> ProviderReply | None:
    """The question alone, for apply_replies; None for an attempt that waits to be sent.

    Where repeating the same reference is safe, one the provider never heard of is sent again. After
    a restore it is asked about elsewhere before that, or before it counts as not sent.
    """
    if attempt.status == AttemptStatus.CREATED:
        return None
    answer = trace_call("provider.query", attempt, ask_reference)
    is_in_doubt = isinstance(answer, ReferenceUnknown) and attempt.status in IN_DOUBT
    if is_in_doubt and is_asked_first(attempt):
        answer = ask_elsewhere(attempt) or answer
    if isinstance(answer, ReferenceUnknown) and may_be_repeated(attempt):
        repeated = repeat_order(attempt)
        if repeated is not None:
            # "Busy" is said of this order as of the first, and borne alike.
            is_busy = isinstance(repeated, ProviderBusy)
            return ProviderReply.of(attempt, repeated, source, is_submission=is_busy)
    return ProviderReply.of(attempt, answer, source, was_over=attempt.status in ATTEMPT_FINAL)
