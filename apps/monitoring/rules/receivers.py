"""Apprise's own objects, made of addresses, and which addresses there may be."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.monitoring.rules.channel_kinds import WEBHOOKS, kind_of
from apps.webhooks.address_guard import WebhookUrlRefused, read_url


class ChannelAddressRefused(ValueError):
    """Why alerts cannot be sent there, for the staff's form."""


def check_receiver(address: str) -> None:
    """Raise unless alerts can be sent there, as far as the address itself says: names are looked
    up at each message.

    Raises:
        ChannelAddressRefused: not of a kind we know, or not complete, or leads inside our network.
    """
    receiver = receiver_of(address)
    if receiver is None:
        raise ChannelAddressRefused(_("It is not an address of a kind that is known."))
    if kind_of(address) not in WEBHOOKS:
        return
    are_private_allowed = settings.ALERT_PRIVATE_ADDRESSES_ALLOWED
    try:
        read_url(url_of(receiver), livemode=False, are_private_allowed=are_private_allowed)
    except WebhookUrlRefused as refused:
        raise ChannelAddressRefused(
            _("It leads to no address of the public internet that alerts may be sent to.")
        ) from refused


def receiver_of(address: str) -> Any:
    """What Apprise makes of an address of a kind that is known; None of any other."""
    # A hundred services, half a second to import: for who sends, not for every process.
    import apprise

    if not kind_of(address):
        return None
    return apprise.Apprise.instantiate(address, suppress_exceptions=True)


def url_of(webhook: Any) -> str:
    """Where a receiver of the kind "json" leads."""
    port = f":{webhook.port}" if webhook.port else ""
    return f"{'https' if webhook.secure else 'http'}://{webhook.host}{port}{webhook.fullpath}"
