"""Apprise's own objects, made of addresses, and which addresses there may be."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from apps.monitoring.rules.channel_kinds import NAMING_THEIR_HOST, WEBHOOKS, kind_of
from apps.webhooks.address_guard import WebhookUrlRefused, read_url

# What a header is made of (RFC 9110, section 5), and those that are the transport's own.
HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HEADER_VALUE = re.compile(r"[!-~]([\t -~]*[!-~])?")
TRANSPORTS = {
    "host", "content-length", "content-type", "transfer-encoding", "connection", "expect", "te",
    "trailer", "upgrade", "user-agent",
}  # fmt: skip


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
    if kind_of(address) not in NAMING_THEIR_HOST:
        return
    are_private_allowed = settings.ALERT_PRIVATE_ADDRESSES_ALLOWED
    try:
        read_url(url_of(receiver), livemode=False, are_private_allowed=are_private_allowed)
    except WebhookUrlRefused as refused:
        raise ChannelAddressRefused(
            _("It leads to no address of the public internet that alerts may be sent to.")
        ) from refused
    if kind_of(address) in WEBHOOKS:
        headers_of(receiver)


def receiver_of(address: str) -> Any:
    """What Apprise makes of an address of a kind that is known; None of any other, and of one that
    has it read or fetch a file of its own."""
    # A hundred services, half a second to import: for who sends, not for every process.
    import apprise

    if not kind_of(address):
        return None
    receiver = apprise.Apprise.instantiate(address, suppress_exceptions=True)
    return None if receiver is None or _reads_files(receiver) else receiver


def url_of(receiver: Any) -> str:
    """Where a receiver of a kind that names its host leads."""
    port = f":{receiver.port}" if receiver.port else ""
    is_plain = receiver.schema == "json"
    # Of a webhook: Microsoft's are all that Apprise makes of them.
    path = getattr(receiver, "fullpath", "/")
    return f"{'http' if is_plain else 'https'}://{receiver.host}{port}{path}"


def headers_of(webhook: Any) -> dict[str, str]:
    """What a receiver of the kind "json" wants said besides.

    Raises ChannelAddressRefused: no header, or one of the transport's own.
    """
    headers: dict[str, str] = dict(webhook.headers)
    if webhook.user:
        named = f"{webhook.user}:{webhook.password or ''}"
        headers["Authorization"] = f"Basic {b64encode(named.encode()).decode()}"
    for name, value in headers.items():
        is_header = HEADER_NAME.fullmatch(name) and HEADER_VALUE.fullmatch(value)
        if not is_header or name.lower() in TRANSPORTS:
            raise ChannelAddressRefused(_("One of its headers cannot be sent."))
    return headers


def _reads_files(receiver: Any) -> bool:
    """A template and a key may be any file of this host, or of our network."""
    return any(
        getattr(receiver, name, None) for name in ("template", "pgp_key", "pgp_privkey", "use_wkd")
    )
