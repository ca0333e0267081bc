from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apps.audit.chain import CONTENT, GENESIS, Anchor, entries, link_hash, next_position

ROWS_AT_ONCE = 10_000
# An act is dated when it begins and chained when it is committed; the longest take a quarter of an
# hour.
BACKWARDS_US_MAX = 3_600 * 1_000_000


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """The first bad place. `entry_id` is None where no row is left to name."""

    position: int
    entry_id: int | None
    reason: str


def verify_chain(*, anchors: Sequence[Anchor] = ()) -> BrokenLink | None:
    """Recompute the chain from its first link; None when it is whole.

    Without an anchor, whoever can write to the database can cut the tail, or rewrite a row and
    all hashes after it, and not be seen. With one, everything up to it is proved; a chain that
    was rewritten is named at the first anchor that disagrees. An entry dated back, by more than
    an hour against those before it, is named too. Entries younger than the last link (10
    seconds' worth) are not yet covered: `unsealed_since` says since when.

    Positions that a restore left out are no break, and anchors there prove nothing: whoever cuts
    the tail could say so too. `read_restores` names each, to be compared with what people know.
    """
    kept: dict[int, set[bytes]] = {}
    for anchor in anchors:
        kept.setdefault(anchor.position, set()).add(anchor.chain_hash)
    previous, expected, newest_us = GENESIS, 1, 0
    for position, chain_hash, content in _links():
        if position != next_position(expected - 1, content):
            return BrokenLink(expected, None, "no entry has this position")
        entry_id = content[0]
        if link_hash(previous, position, content) != chain_hash:
            return BrokenLink(position, entry_id, "the entry is not what was chained")
        if kept.get(position, {chain_hash}) != {chain_hash}:
            return BrokenLink(position, entry_id, "the chain was rewritten up to here")
        at_us = content[CONTENT.index("created_at_us")]
        if at_us < newest_us - BACKWARDS_US_MAX:
            return BrokenLink(position, entry_id, "its time is before that of the entries before")
        newest_us = max(newest_us, at_us)
        previous, expected = chain_hash, position + 1
    if any(position >= expected for position in kept):
        return BrokenLink(expected, None, "the chain ends before its anchor")
    return None


def _links() -> Iterator[tuple[int, bytes, list[Any]]]:
    """Every link in order of position, page by page: the chain need not fit in memory."""
    after: int | None = None
    chained = entries().filter(position__isnull=False).order_by("position")
    while True:
        page = chained if after is None else chained.filter(position__gt=after)
        rows = page.values_list("position", "chain_hash", *CONTENT)[:ROWS_AT_ONCE]
        for position, chain_hash, *content in rows:
            yield position, bytes(chain_hash or b""), content
        if len(rows) < ROWS_AT_ONCE:
            return
        after = position
