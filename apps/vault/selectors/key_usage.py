from __future__ import annotations

from collections import Counter

from apps.vault.encrypted_columns import all_columns


def key_usage() -> dict[str, Counter[str]]:
    """By key id: how many rows of which column cannot be read without it. Reads every row."""
    usage: dict[str, Counter[str]] = {}
    for column in all_columns():
        for page in column.pages():
            for row in page:
                for key_id in column.key_ids(row):
                    usage.setdefault(key_id, Counter())[str(column)] += 1
    return usage
