"""psycopg as Django's backend uses it, but for its connections."""

from psycopg import *  # noqa: F403

from apps.core.postgresql.bounded_connection import BoundedConnection

connect = BoundedConnection.connect  # type: ignore[assignment]
