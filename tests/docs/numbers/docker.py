from __future__ import annotations

from tests.docs.numbers.claim import Claim, in_source

CLAIMS: dict[str, list[Claim]] = {
    "docker/README.md": [
        ("every process: Python {},", in_source("docker/Dockerfile", r"FROM python:([\d.]+)-")),
    ],
}
