"""What Wave tells the webhook of a wallet, signed."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import Any

from apps.providers.simulation.callbacks import CallbackBodies
from apps.providers.simulation.exchange import json_bytes
from apps.providers.simulation.faults import Fault, FaultKind
from apps.providers.simulation.store import DueCallback, Instruction

from .account import WEBHOOK_SECRET
from .bodies import session_of

COMPLETED, PAYMENT_FAILED = "checkout.session.completed", "checkout.session.payment_failed"


def event(kind: str, data: dict[str, Any]) -> bytes:
    return json_bytes({"id": f"EV_{secrets.token_hex(8)}", "type": kind, "data": data})


def events_of(session: Instruction, *, base_url: str) -> CallbackBodies:
    def body(status: str, **changes: Any) -> bytes:
        kind = COMPLETED if status == "succeeded" else PAYMENT_FAILED
        return event(kind, {**session_of(session, status, base_url=base_url), **changes})

    wrong = str(session.amount // 2 or session.amount + 1)
    another = {"id": "cos-000000000000", "client_reference": "00000000-0000-4000-8000-000000000000"}
    return CallbackBodies(
        truth=body(session.status),
        pending=body("OPEN"),
        success=body("succeeded"),
        failure=body("FAILED"),
        wrong_amount=body("succeeded", amount=wrong),
        another=body("succeeded", **another),
    )


def signed(
    planned: list[tuple[float, bytes]], *, url: str, fault: Fault, tries: int
) -> list[DueCallback]:
    """With the signature of when each is due; a forger knows no secret."""
    if not url:
        return []
    secret = "guessed" if fault.kind is FaultKind.FORGED_CALLBACK else WEBHOOK_SECRET
    found = []
    for due_at, body in planned:
        time = str(int(due_at))
        digest = hmac.new(secret.encode(), time.encode() + body, hashlib.sha256).hexdigest()
        headers = {"Wave-Signature": f"t={time},v1={digest}"}
        found.append(DueCallback(due_at, url, body, "POST", headers, tries))
    return found
