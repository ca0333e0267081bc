"""Where a secret text lies in clear, in a database or in Redis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = current_schema() ORDER BY 1, 2
"""


def leaking_columns(cursor: Any, texts: Sequence[str]) -> list[str]:
    """Every "table.column" that holds one of these texts; encrypted bytes are looked at too."""
    cursor.execute(COLUMNS)
    found = []
    for table, column in cursor.fetchall():
        for text in texts:
            # Bytes print as hexadecimal: clear text in them would too.
            cursor.execute(
                f'SELECT EXISTS (SELECT FROM "{table}" WHERE position(%s in "{column}"::text) > 0'
                f' OR position(%s in "{column}"::text) > 0)',
                [text, text.encode().hex()],
            )
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return sorted(set(found))


def leaking_keys(client: Any, texts: Sequence[str]) -> list[str]:
    """Every Redis key whose name or value holds one of these texts."""
    found = []
    for key in client.scan_iter():
        dump = {
            b"string": client.get,
            b"list": lambda name: client.lrange(name, 0, -1),
            b"set": client.smembers,
            b"hash": client.hgetall,
            b"zset": lambda name: client.zrange(name, 0, -1),
            # Its time was over meanwhile.
            b"none": lambda name: b"",
        }[client.type(key)](key)
        if any(text in f"{key!r}{dump!r}" for text in texts):
            found.append(repr(key))
    return found
