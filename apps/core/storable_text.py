"""Text from outside, made fit for a column."""

from __future__ import annotations

import re

# PostgreSQL keeps no NUL, UTF-8 no half of a surrogate pair.
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str, length_max: int) -> str:
    """With the replacement character for what cannot be stored, and no longer than this."""
    return _NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text[:length_max])
