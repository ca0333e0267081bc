"""Apprise's own objects, made of addresses."""

from __future__ import annotations

from typing import Any

from apps.monitoring.rules.channel_kinds import kind_of


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
