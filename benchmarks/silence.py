"""The database's line falls silent: seconds until the API says 503, and until streams go on.

Web and the leading realtime process see the database through a proxy that stops passing anything
on; another realtime process has a line of its own. Clients ask on and on, and an event is committed
once the line is silent. The value is the longest that anybody waited, in any round. The floor is
the lease: no process may take over sooner, for the one that leads may only be slow.
"""

from __future__ import annotations

import shutil
import threading
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime

import psycopg

from apps.core.public_ids import decode_id, encode_id, new_id
from apps.realtime.event_reader import EventReader
from apps.realtime.services.take_lease import LEASE
from benchmarks.platform import VAR, Platform
from benchmarks.result import result, say
from local import ports
from local.stack import Stack
from tests.silent_proxy import SilentProxy

ROUNDS = 3
CLIENTS = 8
SILENT_S = 15.0
GIVE_UP_S = 60.0

INSERT = """
INSERT INTO webhooks_event
       (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
VALUES (%s, %s, false, 'payment.succeeded', %s, 1, %s, %s)
"""


class Clients:
    """Threads that ask the API on and on; what each was answered, when, and after how long."""

    def __init__(self, url: str, headers: dict[str, str]) -> None:
        self._request = urllib.request.Request(url, headers=headers)
        self._is_over = threading.Event()
        # (begun, ended, status)
        self.answers: list[tuple[float, float, int]] = []
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._is_over.is_set():
            begun = time.monotonic()
            try:
                with urllib.request.urlopen(self._request, timeout=GIVE_UP_S) as answer:
                    status = answer.status
            except urllib.error.HTTPError as error:
                status = error.code
            except OSError:
                status = 0
            self.answers.append((begun, time.monotonic(), status))
            time.sleep(0.05)


class Follower:
    """A merchant's program that reads its events; when each came."""

    def __init__(self, url: str, key: str) -> None:
        self.came: dict[str, float] = {}
        self.is_open = threading.Event()
        self._reader = EventReader(
            url=url, key=key, on_opening=lambda _: self.is_open.set(), on_trouble=lambda _: None
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        for told in self._reader:
            self.came[told.id] = time.monotonic()

    def wait_for(self, event_id: str) -> float:
        give_up_at = time.monotonic() + GIVE_UP_S
        while event_id not in self.came:
            if time.monotonic() > give_up_at:
                raise RuntimeError("the event did not come")
            time.sleep(0.01)
        return self.came[event_id]


def run() -> bool:
    web_s: list[float] = []
    first_s: list[float] = []
    stream_s: list[float] = []
    with ExitStack() as stack:
        platform = stack.enter_context(Platform(approve_after_s=0.05, processes=["simulators"]))
        database_url = platform.stack.environment["DATABASE_URL"]
        line = stack.enter_context(SilentProxy.before(database_url))
        through = {"DATABASE_URL": line.url(database_url)}
        platform.stack.restart("web", through)
        platform.stack.restart("realtime", through)
        database = stack.enter_context(psycopg.connect(database_url, autocommit=True))
        while not database.execute("SELECT 1 FROM realtime_sequencerlease").fetchone():
            time.sleep(0.1)
        follower = Follower(_start_another(stack, platform).urls.realtime, _key(platform))
        if not follower.is_open.wait(GIVE_UP_S):
            raise RuntimeError("the stream did not open")
        for number in range(ROUNDS):
            clients = Clients(f"{platform.stack.urls.web}/api/v1/payments", platform.api_headers)
            follower.wait_for(_commit_event(database, platform))
            line.fall_silent()
            silent_at = time.monotonic()
            event_id = _commit_event(database, platform)
            stream_s.append(follower.wait_for(event_id) - silent_at)
            time.sleep(max(0.0, silent_at + SILENT_S - time.monotonic()))
            clients.stop()
            line.speak_again()
            met = [answer for answer in clients.answers if answer[1] > silent_at]
            if {status for *_, status in met} - {200, 503}:
                raise RuntimeError(f"answered {sorted({status for *_, status in met})}")
            web_s.append(max(ended - max(begun, silent_at) for begun, ended, _ in met))
            first_s.append(min(ended for _, ended, status in met if status == 503) - silent_at)
            say(
                f"round {number + 1}: first 503 after {first_s[-1]:.1f} s, longest answer "
                f"{web_s[-1]:.1f} s, streams after {stream_s[-1]:.1f} s"
            )
            if number + 1 < ROUNDS:
                # Whoever was cut off leads again.
                platform.stack.restart("realtime", through)
                _hand_over(database)
    result(
        "silence",
        value=max(*web_s, *stream_s),
        unit="s",
        floor=LEASE.total_seconds(),
        first_503_s=max(first_s),
        answer_s=max(web_s),
        streams_s=max(stream_s),
        rounds=ROUNDS,
    )
    return max(web_s) < 5.0 and max(stream_s) < 10.0


def _start_another(stack: ExitStack, platform: Platform) -> Stack:
    """A realtime process whose line is whole."""
    var = VAR.with_name("bench-silence")
    shutil.rmtree(var, ignore_errors=True)
    another = Stack(
        var,
        environ_extra=platform.stack.environment,
        web_port=ports.choose_port(),
        realtime_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )
    stack.enter_context(another)
    another.start("realtime")
    return another


def _hand_over(database: psycopg.Connection) -> None:
    """Until the process behind the silent line leads: the other one is made to lose the lease."""
    (holder,) = database.execute("SELECT holder FROM realtime_sequencerlease").fetchone() or ("",)
    give_up_at = time.monotonic() + GIVE_UP_S
    while time.monotonic() < give_up_at:
        row = database.execute(
            "UPDATE realtime_sequencerlease SET until = clock_timestamp() - interval '1 s'"
            " WHERE holder = %s RETURNING 1",
            [holder],
        ).fetchone()
        if row is None:
            return
        time.sleep(0.05)
    raise RuntimeError("nobody else took the lease")


def _key(platform: Platform) -> str:
    key: str = platform.seeded["merchants"][0]["api_key"]
    return key


def _commit_event(database: psycopg.Connection, platform: Platform) -> str:
    merchant_id = decode_id("mer", platform.seeded["merchants"][0]["id"])
    event_id, now = new_id(), datetime.now(UTC)
    public_id = encode_id("evt", event_id)
    body = f'{{"id":"{public_id}","object":"event","type":"payment.succeeded"}}'
    database.execute(INSERT, [event_id, merchant_id, new_id(), body, now])
    return public_id
