"""The one account of test mode, worth nothing anywhere else."""

from __future__ import annotations

import os
from collections.abc import Mapping

DEMO_SUBSCRIPTION_KEY = "5f1c0de05f1c0de05f1c0de05f1c0de0"
DEMO_COLLECTION_ONLY_KEY = "c0113c70c0113c70c0113c70c0113c70"
DEMO_API_USER = "a3f1c5d2-7b64-4e0f-9c1a-2d5e8b7f6a10"
DEMO_API_KEY = "de30a91de30a91de30a91de30a91de30"

SUBSCRIPTIONS: Mapping[str, frozenset[str]] = {
    DEMO_SUBSCRIPTION_KEY: frozenset({"collection", "disbursement", "remittance"}),
    DEMO_COLLECTION_ONLY_KEY: frozenset({"collection"}),
}

# Where callbacks may go: the demo user's providerCallbackHost, more by environment variable.
CALLBACK_HOSTS_VARIABLE = "LOMI_SIM_MTN_CALLBACK_HOSTS"
CALLBACK_HOSTS = ("127.0.0.1", "localhost")


def hosts_from_environment() -> list[str]:
    return [host for host in os.environ.get(CALLBACK_HOSTS_VARIABLE, "").split(",") if host]
