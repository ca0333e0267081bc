"""Text from outside, made fit for a column."""

from __future__ import annotations

import re

# PostgreSQL stores no NUL and no half of a surrogate pair.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable_text(text: str) -> str:
    """The text with what cannot be stored replaced by the replacement character."""
    return _UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text)
