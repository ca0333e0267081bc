from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from django.conf import settings

from apps.monitoring.rules.channel_kinds import NAMING_THEIR_HOST, WEBHOOKS, kind_of
from apps.monitoring.rules.receivers import (
    ChannelAddressRefused,
    headers_of,
    receiver_of,
    url_of,
)
from apps.webhooks.address_guard import WebhookUrlRefused, find_addresses, read_url
from apps.webhooks.transport import NoAnswer, post

# So many messages may be on their way at once in one process: receivers that hang hold their
# threads until their own ends, which may be never.
WAITING_MAX = 16
_slots = threading.BoundedSemaphore(WAITING_MAX)


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver is told: in words for people, `data` for programs."""

    title: str
    text: str
    data: Mapping[str, Any]
    is_good_news: bool = False


def send_to_receiver(address: str, message: Message) -> str:
    """Send this to one receiver; answers "", or why it was not taken, without secrets.

    Within ALERT_TIMEOUT_S, whatever the receiver does; nobody is followed elsewhere.
    """
    receiver = receiver_of(address)
    if receiver is None:
        return "not an address that can be used"
    if kind_of(address) in WEBHOOKS:
        return _post(receiver, message)
    if kind_of(address) in NAMING_THEIR_HOST and (refusal := _refusal_of_host(receiver)):
        return refusal
    receiver.redirects = False
    return _in_time(receiver, message)


def _refusal_of_host(receiver: Any) -> str:
    """As the name leads now. Apprise looks it up once more, so a name that changes its mind in
    between leads on: of these few services that is borne."""
    are_private_allowed = settings.ALERT_PRIVATE_ADDRESSES_ALLOWED
    try:
        target = read_url(url_of(receiver), livemode=False, are_private_allowed=are_private_allowed)
        find_addresses(target, are_private_allowed=are_private_allowed)
    except WebhookUrlRefused as refused:
        return f"address refused: {refused.detail}"
    return ""


def _post(receiver: Any, message: Message) -> str:
    begun = monotonic()
    are_private_allowed = settings.ALERT_PRIVATE_ADDRESSES_ALLOWED
    data = {"title": message.title, "message": message.text, **message.data}
    try:
        headers = {
            **headers_of(receiver),
            "Content-Type": "application/json",
            "User-Agent": "LOMI-Alerts/1",
        }
        target = read_url(url_of(receiver), livemode=False, are_private_allowed=are_private_allowed)
        answer = post(
            target,
            find_addresses(target, are_private_allowed=are_private_allowed),
            headers=lambda: headers,
            body=json.dumps(data, ensure_ascii=False).encode(),
            timeout_s=settings.ALERT_TIMEOUT_S - (monotonic() - begun),
        )
    except WebhookUrlRefused as refused:
        return f"address refused: {refused.detail}"
    except ChannelAddressRefused:
        return "address refused: one of its headers cannot be sent"
    except NoAnswer as nothing:
        return str(nothing)
    return "" if 200 <= answer.status_code < 300 else f"answered {answer.status_code}"


def _in_time(receiver: Any, message: Message) -> str:
    """Apprise bounds each read, not the whole: its thread is left behind when the time is over."""
    slots = _slots
    if not slots.acquire(blocking=False):
        return "too many receivers hang"
    results: list[bool] = []

    def send() -> None:
        kind = "success" if message.is_good_news else "failure"
        try:
            results.append(
                bool(receiver.notify(body=message.text, title=message.title, notify_type=kind))
            )
        except Exception:
            # Whatever a library's plugin does not foresee is a message that was not taken.
            results.append(False)
        finally:
            slots.release()

    thread = threading.Thread(target=send, name="alert", daemon=True)
    thread.start()
    thread.join(settings.ALERT_TIMEOUT_S)
    if not results:
        return "timed out"
    return "" if results[0] else "refused, or could not be reached"
