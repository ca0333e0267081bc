"""Kept-alive connections to merchants' endpoints."""

from __future__ import annotations

import threading

import requests
from requests.adapters import HTTPAdapter

_local = threading.local()


def session() -> requests.Session:
    """This thread's session. Proxies and .netrc of the environment are ignored."""
    found: requests.Session | None = getattr(_local, "session", None)
    if found is None:
        found = _local.session = requests.Session()
        found.trust_env = False
        adapter = HTTPAdapter(pool_connections=50, pool_maxsize=1)
        found.mount("http://", adapter)
        found.mount("https://", adapter)
    return found
