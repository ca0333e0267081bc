"""What a shop is told at its notif_url."""

from __future__ import annotations

import secrets

from apps.providers.simulation.callbacks import CallbackBodies
from apps.providers.simulation.exchange import json_bytes
from apps.providers.simulation.faults import Fault, FaultKind
from apps.providers.simulation.store import Instruction


def notifications_of(order: Instruction, fault: Fault) -> CallbackBodies:
    truth = notification_of(order, order.status)
    is_forged = fault.kind is FaultKind.FORGED_CALLBACK
    guessed = secrets.token_hex(16)
    return CallbackBodies(
        truth=truth,
        pending=notification_of(order, "PENDING"),
        success=notification_of(order, "SUCCESS", notif_token=guessed if is_forged else None),
        failure=notification_of(
            order, "EXPIRED" if fault.kind is FaultKind.LATE_SUCCESS else "FAILED"
        ),
        # A notification names no amount: only a forger's second try differs from the truth.
        wrong_amount=notification_of(order, "SUCCESS", notif_token="") if is_forged else truth,
        another=notification_of(order, "SUCCESS", notif_token=guessed),
    )


def notification_of(order: Instruction, status: str, *, notif_token: str | None = None) -> bytes:
    given = order.details["notif_token"] if notif_token is None else notif_token
    return json_bytes({"status": status, "notif_token": given, "txnid": order.provider_reference})
