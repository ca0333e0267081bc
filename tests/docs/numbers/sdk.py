from __future__ import annotations

from tests.docs.numbers.claim import Claim, in_source

SDK = "sdk/python/lomi/connection.py"
SDK_DELAY_S_MAX = in_source(SDK, r"^RETRY_DELAY_S_MAX = ([\d.]+)")

CLAIMS: dict[str, list[Claim]] = {
    "sdk/python/README.md": [
        ("Python {} or later", in_source("sdk/python/pyproject.toml", r'">=([\d.]+)"')),
        ("{} tries at most", in_source(SDK, r"^TRIES_MAX = (\d+)")),
    ],
    "docs/guides/idempotency.md": [
        (
            "try to try: {}, {}, {}, {} seconds",
            *(min(2.0**number, SDK_DELAY_S_MAX) for number in range(4)),
        ),
    ],
}
