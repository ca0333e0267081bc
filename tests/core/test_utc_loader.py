"""Times come from PostgreSQL as Django would have read them."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import BaseTzLoader
from hypothesis import given
from hypothesis import strategies as st
from psycopg import DataError

from apps.core.postgresql.utc_loader import UtcLoader


class DjangosLoader(BaseTzLoader):
    timezone = UTC


def as_sent(moment):
    """PostgreSQL leaves out the zeros at the end of a fraction, and the fraction of none."""
    day = f"{moment.year:04}-{moment.month:02}-{moment.day:02}"
    fraction = f".{moment.microsecond:06}".rstrip("0") if moment.microsecond else ""
    return memoryview(f"{day} {moment:%H:%M:%S}{fraction}+00".encode())


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_moment_is_read_as_django_reads_it(moment):
    sent = as_sent(moment)

    assert UtcLoader(1184, None).load(sent) == moment == DjangosLoader(1184, None).load(sent)


@pytest.mark.parametrize("sent", [b"infinity", b"-infinity", b"10000-01-01 00:00:00+00"])
def test_a_moment_beyond_the_calendar_is_an_error_of_the_data(sent):
    with pytest.raises(DataError):
        UtcLoader(1184, None).load(memoryview(sent))


@pytest.mark.django_db
def test_connections_read_times_so():
    with connection.cursor() as cursor:
        cursor.execute("SELECT timestamptz '2026-03-29 03:30:00.5+02'")
        (found,) = cursor.fetchone()

        assert found == datetime(2026, 3, 29, 1, 30, 0, 500_000, tzinfo=UTC)
        assert found.tzinfo is UTC
        assert connection.connection.adapters.get_loader(1184, 0) is UtcLoader
