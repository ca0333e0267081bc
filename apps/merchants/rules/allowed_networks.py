"""From where a key may be used: networks in CIDR notation."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Network, ip_network
from typing import Any

NETWORKS_MAX = 50

# ::ffff:0:0/96, IPv4 addresses in the dress of IPv6.
MAPPED = IPv6Network("::ffff:0:0/96")


class TooManyNetworks(ValueError):
    pass


def allowed_networks(said: Sequence[Any]) -> list[str]:
    """These networks, each once; an address alone is a network of one.

    Raises:
        TooManyNetworks: more than NETWORKS_MAX.
        ValueError: one is none, has a bit behind its prefix, or is IPv4 dressed as IPv6.
    """
    if len(said) > NETWORKS_MAX:
        raise TooManyNetworks
    return list(dict.fromkeys(_network(one) for one in said))


def _network(text: Any) -> str:
    # A whole number would be taken for an address too; a zone (%eth0) is ours, not theirs.
    if not isinstance(text, str) or "%" in text:
        raise ValueError("not a network")
    network = ip_network(text)
    if isinstance(network, IPv6Network) and network.subnet_of(MAPPED):
        raise ValueError("IPv4 as IPv6")
    return str(network)
