"""From an event's commit to a thousand sockets, each message timed.

Merchants have fifty sockets each; a writer commits events at a steady rate, one merchant after the
other, as the platform does: rows, then the wake_up. The floor, in the same run: the same bodies
published to Redis at the same rate, and a bare process that hands them to the same sockets; no
database, no order, no resume.

    python -m benchmarks.sockets clients|events|floor …   (its own processes)
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.result import percentile, result, say
from local import ports
from local.processes import PortAccepts, Program
from local.stack import ROOT, Stack

VAR = ROOT / "var" / "bench-sockets"

SOCKETS = int(os.environ.get("BENCH_SOCKETS", "1000"))
EVENT_RATE = float(os.environ.get("BENCH_EVENT_RATE", "20"))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "30"))
SOCKETS_PER_MERCHANT = 50


def run() -> bool:
    shutil.rmtree(VAR, ignore_errors=True)
    stack = Stack(
        VAR,
        environ_extra={"LOG_LEVEL": "WARNING"},
        web_port=ports.choose_port(),
        realtime_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )
    with stack:
        stack.manage("migrate", "--verbosity", "0")
        merchants = json.loads(
            _python(stack, "merchants", str(-(-SOCKETS // SOCKETS_PER_MERCHANT)))
        )
        floor = _measure_floor(stack, merchants)
        stack.start("realtime")
        url = f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events"
        took_ms, missing = _measure(stack, merchants, url=url, name="events")
        say(f"floor: Redis to sockets, p50 {percentile(floor, 0.5):.1f} ms")
        result(
            "sockets",
            value=percentile(took_ms, 0.99),
            unit="ms",
            floor=percentile(floor, 0.99),
            p50_ms=percentile(took_ms, 0.5),
            max_ms=max(took_ms, default=0.0),
            sockets=SOCKETS,
            events_per_s=EVENT_RATE,
            messages=len(took_ms),
            missing=missing,
        )
        return missing == 0 and bool(took_ms)


def _measure_floor(stack: Stack, merchants: list[dict[str, str]]) -> list[float]:
    port = ports.choose_port()
    argv = [sys.executable, "-m", "benchmarks.sockets", "floor", str(port)]
    program = Program("floor", argv, stack.environment, ROOT, PortAccepts(port))
    stack.supervisor.start(program)
    took_ms, _ = _measure(stack, merchants, url=f"ws://127.0.0.1:{port}/", name="publish")
    stack.supervisor.stop("floor")
    return took_ms


def _measure(
    stack: Stack, merchants: list[dict[str, str]], *, url: str, name: str
) -> tuple[list[float], int]:
    """Milliseconds from the commit (or publication) of each event to each of its sockets, and how
    many messages never came."""
    plan = stack.var / f"{name}.json"
    plan.write_text(
        json.dumps(
            {
                "url": url,
                "merchants": merchants,
                "sockets": SOCKETS,
                "rate": EVENT_RATE,
                "duration_s": HOLD_S,
            }
        )
    )
    came, sent = stack.var / f"{name}.came", stack.var / f"{name}.sent"
    clients = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.sockets", "clients", str(plan), str(came)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert clients.stdout and clients.stdin
    # All sockets are open.
    if clients.stdout.readline() != "open\n":
        raise RuntimeError("the sockets did not open")
    _python(stack, name, str(plan), str(sent))
    time.sleep(2.0)
    clients.communicate("over\n", timeout=30)
    committed = dict(line.split() for line in sent.read_text().splitlines())
    took_ms = []
    for line in came.read_text().splitlines():
        event_id, at = line.split()
        took_ms.append((float(at) - float(committed[event_id])) * 1000)
    return took_ms, len(committed) * SOCKETS // len(merchants) - len(took_ms)


def _python(stack: Stack, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.sockets", *arguments],
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


# The processes.


def make_merchants(count: int) -> None:
    import django

    django.setup()
    from django.utils import timezone

    from apps.merchants.models import Merchant
    from apps.merchants.services.create_api_key import create_api_key

    now = timezone.now()
    made = []
    for number in range(count):
        merchant = Merchant.objects.create(
            name=f"Shop {number}",
            country="CM",
            currency="XAF",
            timezone="Africa/Douala",
            created_at=now,
        )
        _, key = create_api_key(merchant=merchant, livemode=False, now=now)
        made.append({"id": str(merchant.pk), "key": key})
    print(json.dumps(made))


def commit_events(plan: dict[str, Any], sent: Path) -> None:
    """Events at a steady rate, as the platform commits them; (id, instant of the commit)."""
    import django

    django.setup()
    from apps.core.bulk_write import bulk_write
    from apps.core.work import wake_up
    from apps.webhooks.services.promise import TOPIC

    def commit(event: Any) -> float:
        bulk_write([event])
        at = time.time()
        wake_up.wake(TOPIC)
        return at

    _send_steadily(plan, sent, commit)


def publish_events(plan: dict[str, Any], sent: Path) -> None:
    import django

    django.setup()
    from apps.core.work import wake_up

    def publish(event: Any) -> float:
        at = time.time()
        wake_up.client().publish(f"floor:{event.merchant_id}", event.body)
        return at

    _send_steadily(plan, sent, publish)


def _send_steadily(plan: dict[str, Any], sent: Path, send: Any) -> None:
    from uuid import UUID

    from django.utils import timezone

    from apps.core.public_ids import new_id
    from apps.webhooks.services.promise import promise

    count = int(plan["rate"] * plan["duration_s"])
    begun = time.monotonic()
    with sent.open("w") as lines:
        for number in range(count):
            time.sleep(max(0.0, begun + number / plan["rate"] - time.monotonic()))
            merchant = plan["merchants"][number % len(plan["merchants"])]
            (event,) = promise(
                merchant_id=UUID(merchant["id"]),
                livemode=False,
                type="payment.succeeded",
                object_id=new_id(),
                sequence=1,
                # About as long as a payment.
                data={"object": "payment", "note": "x" * 700},
                endpoints=[],
                now=timezone.now(),
            )
            at = send(event)
            lines.write(f"{event.public_id} {at:.6f}\n")


async def follow(plan: dict[str, Any], came: Path) -> None:
    """Open the sockets, say so, and write down what comes until told that it is over."""
    from websockets.asyncio.client import connect

    heard: list[tuple[str, float]] = []
    mark = '"id":"'

    async def follow_one(number: int, opened: asyncio.Semaphore) -> None:
        merchant = plan["merchants"][number % len(plan["merchants"])]
        headers = {"Authorization": f"Bearer {merchant['key']}", "X-Merchant": merchant["id"]}
        async with connect(
            plan["url"], additional_headers=headers, compression=None, ping_interval=None
        ) as socket:
            await socket.recv()
            opened.release()
            async for message in socket:
                at = time.time()
                if isinstance(message, str) and '"object":"event"' in message:
                    begin = message.index(mark) + len(mark)
                    heard.append((message[begin : begin + 30], at))

    opened = asyncio.Semaphore(0)
    following = []
    for number in range(plan["sockets"]):
        following.append(asyncio.create_task(follow_one(number, opened)))
        # Not all handshakes at once.
        if number % 20 == 19:
            await asyncio.sleep(0.05)
    for _ in following:
        await asyncio.wait_for(opened.acquire(), 60)
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    for task in following:
        task.cancel()
    came.write_text("".join(f"{event_id} {at:.6f}\n" for event_id, at in heard))
    # Saying farewell a thousand times is not measured.
    os._exit(0)


async def hand_out(port: int) -> None:
    """The floor: what Redis publishes, to every socket of the merchant."""
    import redis.asyncio
    from websockets.asyncio.server import ServerConnection, broadcast, serve

    sockets: dict[str, set[ServerConnection]] = {}

    async def keep(socket: ServerConnection) -> None:
        assert socket.request
        own = sockets.setdefault(socket.request.headers["X-Merchant"], set())
        own.add(socket)
        await socket.send("open")
        await socket.wait_closed()
        own.discard(socket)

    client = redis.asyncio.Redis.from_url(os.environ["REDIS_URL"])
    async with (
        serve(keep, "127.0.0.1", port, compression=None, ping_interval=None),
        client.pubsub() as bells,
    ):
        await bells.psubscribe("floor:*")
        async for message in bells.listen():
            if message["type"] == "pmessage":
                merchant_id = message["channel"].decode().partition(":")[2]
                broadcast(sockets.get(merchant_id, set()), message["data"].decode())


def main(arguments: list[str]) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    role, *rest = arguments
    if role == "merchants":
        make_merchants(int(rest[0]))
    elif role == "events":
        commit_events(json.loads(Path(rest[0]).read_text()), Path(rest[1]))
    elif role == "publish":
        publish_events(json.loads(Path(rest[0]).read_text()), Path(rest[1]))
    elif role == "clients":
        asyncio.run(follow(json.loads(Path(rest[0]).read_text()), Path(rest[1])))
    elif role == "floor":
        asyncio.run(hand_out(int(rest[0])))


if __name__ == "__main__":
    main(sys.argv[1:])
