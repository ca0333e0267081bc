from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SentFile:
    name: str
    content_type: str
    content: bytes
