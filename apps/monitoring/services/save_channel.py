from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.monitoring.models import AlertChannel
from apps.monitoring.rules.channel_kinds import WEBHOOKS, kind_of
from apps.monitoring.rules.receivers import receiver_of, url_of
from apps.vault.encryption import encrypt
from apps.webhooks.address_guard import WebhookUrlRefused, read_url

ADDRESS_CONTEXT = "monitoring_alertchannel.address"


class ChannelAddressRefused(DomainError):
    code = "channel_address_refused"
    title = "Alerts cannot be sent to this address."
    staff_words = _("Alerts cannot be sent to this address.")


def save_channel(channel: AlertChannel, *, address: str, actor: str, now: datetime) -> None:
    """Keep a channel, new or changed, and its address encrypted; "" leaves the address as it is.

    Raises:
        ChannelAddressRefused: not of a kind we know, or not complete, or leads inside our network.
    """
    if address:
        kind, receiver = kind_of(address), receiver_of(address)
        if receiver is None:
            raise ChannelAddressRefused("It is not an address of a kind that is known.")
        if kind in WEBHOOKS:
            _refuse_inside(url_of(receiver))
        channel.kind = kind
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


def _refuse_inside(url: str) -> None:
    """As far as the address itself says; names are looked up at each message."""
    try:
        read_url(url, livemode=False, are_private_allowed=settings.ALERT_PRIVATE_ADDRESSES_ALLOWED)
    except WebhookUrlRefused as refused:
        raise ChannelAddressRefused(refused.detail) from refused
