from __future__ import annotations

from datetime import datetime

from apps.audit.services.record import record
from apps.monitoring.models import AlertChannel
from apps.monitoring.rules.channel_kinds import kind_of
from apps.monitoring.rules.receivers import check_receiver
from apps.vault.encryption import encrypt

ADDRESS_CONTEXT = "monitoring_alertchannel.address"


def save_channel(channel: AlertChannel, *, address: str, actor: str, now: datetime) -> None:
    """Keep a channel, new or changed, and its address encrypted; "" leaves the address as it is.

    Raises:
        ChannelAddressRefused: not of a kind we know, or not complete, or leads inside our network.
    """
    if address:
        check_receiver(address)
        channel.kind = kind_of(address)
        channel.address_encrypted = encrypt(address, context=ADDRESS_CONTEXT, row_id=channel.pk)
        channel.last_error = ""
    channel.save()
    record(
        actor=actor,
        action="alert_channel.save",
        target=str(channel.pk),
        detail={"name": channel.name, "kind": channel.kind, "address_changed": bool(address)},
        now=now,
    )
