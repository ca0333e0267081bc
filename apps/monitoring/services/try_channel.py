from __future__ import annotations

from datetime import datetime

from django.utils import translation
from django.utils.translation import gettext as _

from apps.monitoring.models import AlertChannel
from apps.monitoring.services.save_channel import ADDRESS_CONTEXT
from apps.monitoring.services.send_to_receiver import Message, send_to_receiver
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing, decrypt


def try_channel(channel: AlertChannel, *, now: datetime) -> str:
    """Send a test message now; answers "", or why it was not taken. What came of it stands in the
    channel."""
    try:
        address = decrypt(channel.address_encrypted, context=ADDRESS_CONTEXT, row_id=channel.pk)
    except (DecryptionFailed, EncryptionKeyMissing):
        error = "its address cannot be decrypted"
    else:
        with translation.override(channel.language):
            message = Message(
                title="LOMI AFRICA",
                text=_("This is a test: alerts arrive here."),
                data={"step": "test"},
                is_good_news=True,
            )
        error = send_to_receiver(address, message)
    AlertChannel.objects.filter(pk=channel.pk).update(last_error=error[:200], last_used_at=now)
    return error
