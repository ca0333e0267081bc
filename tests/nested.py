"""A program that a test starts, as if it were the first: without the servers of this run."""

import os


def environment_without_servers() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}
        and not name.startswith("PYTEST")
    }
