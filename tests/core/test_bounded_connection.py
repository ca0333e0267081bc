"""No answer from the database is waited for without end, and no line is believed for ever."""

from __future__ import annotations

import os
import socket
import threading
import time

import psycopg
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection as django_connection
from django.db import connections, transaction
from django.db.utils import OperationalError

from apps.core import rate_limit
from apps.core.postgresql.bounded_connection import BoundedConnection, LineSilent
from apps.core.postgresql.long_statements import long_statements
from apps.core.work import wake_up
from config import celery_app
from tests.silent_proxy import SilentProxy

# The figures are the benchmark's; here it only must not be for ever.
PATIENCE_S = 15.0


@pytest.fixture
def line():
    with SilentProxy.before(os.environ["DATABASE_URL"]) as line:
        yield line


def connect(line, **changes):
    parameters = django_connection.get_connection_params()
    parameters |= {"host": "127.0.0.1", "port": line.port, "autocommit": True, **changes}
    return BoundedConnection.connect(**parameters)


@pytest.mark.django_db
def test_a_statement_over_a_silent_line_is_given_up(line):
    with connect(line, statement_s=1.0) as connection:
        connection.execute("SELECT 1")
        line.fall_silent()
        begun = time.monotonic()

        with pytest.raises(LineSilent):
            connection.execute("SELECT 1")

        assert 1.0 < time.monotonic() - begun < PATIENCE_S
        # What is answered later can not be taken for another statement's answer.
        assert connection.closed


@pytest.mark.django_db
def test_who_connects_over_a_silent_line_gives_up(line):
    line.fall_silent()
    begun = time.monotonic()

    with pytest.raises(psycopg.OperationalError):
        connect(line)

    assert time.monotonic() - begun < PATIENCE_S


@pytest.mark.django_db
def test_a_slow_statement_is_ended_by_the_server_and_the_connection_stays():
    parameters = django_connection.get_connection_params()
    parameters["options"] += " -c statement_timeout=100ms"
    with BoundedConnection.connect(**parameters, autocommit=True) as connection:
        with pytest.raises(psycopg.errors.QueryCanceled):
            connection.execute("SELECT pg_sleep(60)")

        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.django_db
def test_both_sides_of_every_connection_find_out_that_the_other_is_gone():
    with django_connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting::int FROM pg_settings WHERE name IN ('tcp_keepalives_idle',"
            " 'tcp_keepalives_interval', 'tcp_keepalives_count', 'tcp_user_timeout',"
            " 'client_connection_check_interval', 'statement_timeout', 'lock_timeout')"
        )
        server = dict(cursor.fetchall())
    client = {
        option.keyword.decode(): option.val and option.val.decode()
        for option in django_connection.connection.pgconn.info
    }
    far, near = (
        int(idle) + int(interval) * int(count)
        for idle, interval, count in (
            [server[f"tcp_keepalives_{word}"] for word in ("idle", "interval", "count")],
            [client[f"keepalives_{word}"] for word in ("idle", "interval", "count")],
        )
    )

    assert max(far, near) <= 10
    assert max(server["tcp_user_timeout"], int(client["tcp_user_timeout"])) <= 10_000
    assert 0 < server["client_connection_check_interval"] <= 10_000
    assert server["statement_timeout"] and server["lock_timeout"]
    assert int(client["connect_timeout"]) <= 5
    assert isinstance(django_connection.connection, BoundedConnection)


def test_whoever_waits_for_an_answer_is_told_within_five_seconds():
    for door in ("web", "realtime"):
        limits = settings.DATABASE_LIMITS_S[door]

        assert 0 < limits["lock"] < limits["statement"] < 5


@pytest.mark.django_db(transaction=True)
def test_long_work_may_take_long_and_nothing_after_it():
    def limit():
        with django_connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0], django_connection.connection.statement_s

    before = limit()
    with transaction.atomic(), long_statements():
        during = limit()

    assert during == ("15min", settings.LONG_STATEMENT_S)
    assert limit() == before


@pytest.mark.django_db(transaction=True)
def test_djangos_own_connection_gives_up_and_the_next_request_has_another(line):
    """Of a thread of its own: the database seen through the line."""
    outcome = []

    def work():
        own = connections["default"]
        own.settings_dict = {**own.settings_dict, "HOST": "127.0.0.1", "PORT": str(line.port)}
        own.settings_dict["OPTIONS"] = {**own.settings_dict["OPTIONS"], "statement_s": 1.0}
        try:
            with own.cursor() as cursor:
                cursor.execute("SELECT 1")
            line.fall_silent()
            try:
                with own.cursor() as cursor:
                    cursor.execute("SELECT 1")
            except OperationalError as error:
                outcome.append(type(error.__cause__))
            line.speak_again()
            own.close()
            with own.cursor() as cursor:
                cursor.execute("SELECT 2")
                outcome.append(cursor.fetchone())
        finally:
            own.close()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(PATIENCE_S)

    assert outcome == [LineSilent, (2,)]


def test_no_client_of_redis_waits_without_end():
    broker = celery_app.connection_for_write()
    pools = {
        "wake-ups": wake_up.client().connection_pool.connection_kwargs,
        "limits": rate_limit._client().connection_pool.connection_kwargs,
        "cache": cache._cache.get_client().connection_pool.connection_kwargs,
        "broker": broker.transport_options,
    }

    for name, options in pools.items():
        assert 0 < options["socket_timeout"] <= 5, name
        assert 0 < options["socket_connect_timeout"] <= 5, name
        assert options["socket_keepalive"], name
        assert options["socket_keepalive_options"][socket.TCP_USER_TIMEOUT] <= 10_000, name
        assert options["health_check_interval"], name
