"""SQL: the id of a new row."""

from __future__ import annotations

# A new UUIDv7 (RFC 9562, 5.7), for PostgreSQL before 18, which has no uuidv7().
NEW_ID = """
encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid
"""
