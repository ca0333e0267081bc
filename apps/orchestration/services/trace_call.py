from __future__ import annotations

from collections.abc import Callable

from apps.core.public_ids import encode_id
from apps.core.trace_context import traceparent_of
from apps.core.tracing import is_recording, note, span
from apps.orchestration.models import Attempt
from apps.orchestration.rules.judge_reply import ReplyOrError
from apps.providers.contract import ProviderResult


def trace_call(
    name: str, attempt: Attempt, call: Callable[[Attempt], ReplyOrError]
) -> ReplyOrError:
    """Make this call of a provider, as a span in the trace of what the attempt is for, if any."""
    parent = traceparent_of(attempt.owner_id)
    if not (parent or is_recording()):
        return call(attempt)
    account = attempt.provider_account
    said = {
        "lomi.attempt": encode_id("att", attempt.pk),
        "lomi.operation": attempt.operation,
        "lomi.provider": account.connector,
        "lomi.provider_account": str(account.pk),
    }
    with span(name, said, kind="CLIENT", parent=parent):
        answer = call(attempt)
        note(_outcome(answer))
    return answer


def _outcome(answer: ReplyOrError) -> dict[str, str]:
    if isinstance(answer, ProviderResult):
        return {"lomi.outcome": answer.outcome, "lomi.failure_code": answer.failure_code or ""}
    return {"error.type": type(answer).__name__}
