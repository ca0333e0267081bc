from __future__ import annotations

from apps.vault.blind_index import KEY_BYTES_MIN
from apps.vault.key_ring import KEY_BYTES
from apps.vault.masking import LAST_DIGITS
from tests.docs.numbers.claim import Claim

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/configuration.md": [
        ("base64 of {} bytes", KEY_BYTES_MIN),
    ],
    "docs/guides/operations.md": [
        ("Make {} random bytes", KEY_BYTES),
    ],
    "docs/guides/security.md": [
        ("than its last {} digits", LAST_DIGITS),
    ],
    "docs/guides/support.md": [
        ("only the last {} digits", LAST_DIGITS),
    ],
}
