"""One short text for a layout: what was previewed, asked for, approved and kept is the same one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def layout_digest(written: Mapping[str, Any]) -> str:
    """Of layout_as_json."""
    text = json.dumps(written, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
