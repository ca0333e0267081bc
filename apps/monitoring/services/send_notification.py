from __future__ import annotations

import logging
from datetime import datetime
from uuid import UUID

from django.db.models import F

from apps.monitoring.models import AlertChannel, Notification
from apps.monitoring.services.save_channel import ADDRESS_CONTEXT
from apps.monitoring.services.send_to_receiver import send_to_receiver
from apps.monitoring.services.write_message import write_message
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt

logger = logging.getLogger(__name__)

# With the outbox's delays, a minute of trying: then the record says that it failed.
TRIES_MAX = 6


class NotTaken(Exception):
    """It is to be tried again."""


def send_notification(*, notification_id: UUID, now: datetime) -> None:
    """Tell one channel of one step, and write down what came of it. No transaction is held.

    What was sent is not sent again. A worker that dies between the receiver's yes and ours leaves
    it to be sent once more: rather twice than never.

    Raises:
        NotTaken: the receiver did not take it, and may be asked again.
    """
    notification = (
        Notification.objects.select_related("incident", "channel")
        .filter(pk=notification_id, status=Notification.Status.PENDING)
        .first()
    )
    if notification is None:
        return
    # Counted before it is sent: one that kills its worker each time has an end, too.
    Notification.objects.filter(pk=notification.pk).update(tries=F("tries") + 1)
    tries = notification.tries + 1
    error = _why_not(notification) or _send(notification)
    is_over = not error or tries >= TRIES_MAX or not notification.channel.is_enabled
    status = Notification.Status.PENDING
    if is_over:
        status = Notification.Status.FAILED if error else Notification.Status.SENT
    Notification.objects.filter(pk=notification.pk).update(
        status=status, last_error=error[:200], ended_at=now if is_over else None
    )
    AlertChannel.objects.filter(pk=notification.channel_id).update(
        last_error=error[:200], last_used_at=now
    )
    if error:
        logger.warning(
            "alert not taken",
            extra={"notification_id": str(notification.pk), "tries": tries, "reason": error},
        )
    if not is_over:
        raise NotTaken(error)


def _why_not(notification: Notification) -> str:
    if not notification.channel.is_enabled:
        return "the channel was switched off"
    return ""


def _send(notification: Notification) -> str:
    channel = notification.channel
    try:
        address = decrypt(channel.address_encrypted, context=ADDRESS_CONTEXT, row_id=channel.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        return "its address cannot be decrypted"
    message = write_message(
        notification.incident, step=notification.step, language=channel.language
    )
    return send_to_receiver(address, message)
