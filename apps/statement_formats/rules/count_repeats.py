from __future__ import annotations

from array import array
from hashlib import blake2b

# 64 bits: two different references out of a million are taken for one once in 30 million files.
HASH_BYTES = 8
BUCKETS = 256


class RepeatCounter:
    """How many texts came before, in eight bytes each: a file's references stay out of memory."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(BUCKETS)]

    def add(self, text: str) -> None:
        digest = blake2b(text.encode("utf-8", "replace"), digest_size=HASH_BYTES).digest()
        self._buckets[digest[0]].append(int.from_bytes(digest, "big"))

    @property
    def repeats(self) -> int:
        return sum(len(bucket) - len(set(bucket)) for bucket in self._buckets)
