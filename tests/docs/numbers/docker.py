from __future__ import annotations

from tests.docs.numbers.claim import Claim, in_source

CLAIMS: dict[str, list[Claim]] = {
    "docs/guides/operations.md": [
        ("PostgreSQL {}, and Redis", in_source("docker/compose.yml", r"image: postgres:(\d+)")),
    ],
    "docker/README.md": [
        ("every process: Python {},", in_source("docker/Dockerfile", r"FROM python:([\d.]+)-")),
    ],
}
