"""One name for each key that rows may need: "k2" of the vault, "search/s2" of search."""

from __future__ import annotations

from apps.vault.blind_index import search_keys
from apps.vault.key_ring import current_key_ring

SEARCH = "search/"


def all_key_ids() -> list[str]:
    """Those of this process."""
    return [*current_key_ring().keys, *(SEARCH + key_id for key_id in search_keys())]


def current_key_ids() -> set[str]:
    """Those that are written with."""
    return {current_key_ring().current_id, SEARCH + next(iter(search_keys()))}
