"""What 48 deep resumes of one merchant cost the live streams of the others: the ratio of p99, the
median of several rounds, for whatever else the machine does disturbs some of them.

One merchant has a long history. Others are told events at a steady rate, twice: while nobody
resumes, and while 48 streams of that merchant read all of it, by a type it hardly ever has. Timed
from the commit of each event to its coming on a socket of another merchant.

    python -m benchmarks.streams_isolation history|events|live|resume …   (its own processes)
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.result import percentile, result, say
from local import ports
from local.stack import ROOT, Stack

VAR = ROOT / "var" / "bench-streams"

HISTORY = int(float(os.environ.get("BENCH_HISTORY", "1e6")))
HOLD_S = float(os.environ.get("BENCH_HOLD_S", "15"))
EVENT_RATE = float(os.environ.get("BENCH_EVENT_RATE", "20"))
RESUMES = 48
RATIO_MAX = 1.2
ROUNDS = 5

# Copies of one event, each with its place; none of them of the type that is asked for.
MAKE_HISTORY = """
WITH made AS (
    INSERT INTO webhooks_event
           (id, merchant_id, livemode, type, object_id, sequence, body, created_at)
    SELECT gen_random_uuid(), %(merchant)s, false, 'payment.succeeded', gen_random_uuid(), 1,
           %(body)s, now()
      FROM generate_series(1, %(count)s)
    RETURNING id)
INSERT INTO realtime_feedentry (event_id, merchant_id, livemode, created_at)
SELECT id, %(merchant)s, false, now() FROM made
"""
BATCH = 100_000


def run() -> bool:
    shutil.rmtree(VAR, ignore_errors=True)
    stack = Stack(
        VAR,
        environ_extra={"LOG_LEVEL": "WARNING", "RATE_LIMIT_CREDENTIAL": "10000000"},
        web_port=ports.choose_port(),
        realtime_port=ports.choose_port(),
        simulator_port=ports.choose_port(),
    )
    with stack:
        stack.manage("migrate", "--verbosity", "0")
        merchants = json.loads(_python(stack, "history", str(HISTORY)))
        stack.start("realtime")
        url = f"ws{stack.urls.realtime.removeprefix('http')}/ws/v1/events"
        # The first to lead goes through all that was made without it.
        while (
            not (first := _measure(stack, merchants, url, "first", hold_s=2.0)) or max(first) > 1e3
        ):
            say("not settled yet")
        calm: list[list[float]] = []
        beside: list[list[float]] = []
        resumed = 0
        # Alternating, so that a machine that grows slower meanwhile does not decide.
        for number in range(ROUNDS):
            calm.append(_measure(stack, merchants, url, f"calm{number}"))
            resuming = _start(stack, "resume", url, merchants[0]["key"], str(RESUMES), str(HOLD_S))
            beside.append(_measure(stack, merchants, url, f"beside{number}"))
            said, _ = resuming.communicate(timeout=120)
            resumed += json.loads(said)["resumed"]
            say(f"alone {_spread(calm[-1])}, beside {_spread(beside[-1])}")
        alone, p99 = ([percentile(round_, 0.99) for round_ in rounds] for rounds in (calm, beside))
        ratio = median(with_ / without for with_, without in zip(p99, alone, strict=True))
        expected = int(EVENT_RATE * HOLD_S)
        missing = 2 * ROUNDS * expected - sum(map(len, [*calm, *beside]))
        result(
            "streams_isolation",
            value=ratio,
            unit="ratio",
            floor=1.0,
            p99_ms=median(p99),
            alone_p99_ms=median(alone),
            history=HISTORY,
            resumes=RESUMES,
            resumed=resumed,
            missing=missing,
        )
        return not missing and resumed > 0 and ratio <= RATIO_MAX


def _spread(took_ms: list[float]) -> str:
    return f"p50 {percentile(took_ms, 0.5):.1f} ms, p99 {percentile(took_ms, 0.99):.1f} ms"


def _measure(
    stack: Stack,
    merchants: list[dict[str, str]],
    url: str,
    name: str,
    *,
    hold_s: float = HOLD_S,
) -> list[float]:
    """Milliseconds from each event's commit to its coming."""
    came, sent = stack.var / f"{name}.came", stack.var / f"{name}.sent"
    live = _start(stack, "live", url, merchants[1]["key"], str(came))
    assert live.stdin and live.stdout
    if live.stdout.readline() != "open\n":
        raise RuntimeError("the socket did not open")
    _python(stack, "events", merchants[1]["id"], str(EVENT_RATE), str(hold_s), str(sent))
    time.sleep(3.0)
    live.communicate("over\n", timeout=30)
    committed = dict(line.split() for line in sent.read_text().splitlines())
    # One of the measurement before may still come while nothing has settled.
    return [
        (float(at) - float(committed[event_id])) * 1000
        for event_id, at in (line.split() for line in came.read_text().splitlines())
        if event_id in committed
    ]


def _start(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.streams_isolation", *arguments],
        cwd=ROOT,
        env=stack.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _python(stack: Stack, *arguments: str) -> str:
    process = _start(stack, *arguments)
    said, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{arguments[0]} failed")
    return said


# The processes.


def make_history(count: int) -> None:
    """Two merchants; the first with so many events. Prints their ids and keys."""
    import django

    django.setup()
    from django.db import connection, transaction

    from apps.core.postgresql.long_statements import long_statements
    from benchmarks.sockets import make_merchants

    make_merchants(2)
    # What it prints is the answer; the first merchant is the older one.
    from apps.merchants.models import Merchant

    merchant = Merchant.objects.order_by("id")[0]
    body = json.dumps({"object": "event", "note": "x" * 700})
    with transaction.atomic(), long_statements(), connection.cursor() as cursor:
        for begin in range(0, count, BATCH):
            cursor.execute(
                MAKE_HISTORY,
                {"merchant": merchant.pk, "body": body, "count": min(BATCH, count - begin)},
            )
        cursor.execute("ANALYZE webhooks_event, realtime_feedentry")


def commit_events(merchant_id: str, rate: float, hold_s: float, sent: Path) -> None:
    from benchmarks import sockets

    sockets.commit_events(
        {"merchants": [{"id": merchant_id}], "rate": rate, "duration_s": hold_s}, sent
    )


async def follow_live(url: str, key: str, came: Path) -> None:
    """Write down what comes until told that it is over."""
    from websockets.asyncio.client import connect

    headers = {"Authorization": f"Bearer {key}"}
    with came.open("w") as lines:
        async with connect(url, additional_headers=headers, compression=None) as socket:
            await socket.recv()
            print("open", flush=True)

            async def hear() -> None:
                async for message in socket:
                    event = json.loads(message)
                    if event["object"] == "event":
                        lines.write(f"{event['id']} {time.time():.6f}\n")

            hearing = asyncio.create_task(hear())
            await asyncio.to_thread(sys.stdin.readline)
            hearing.cancel()


async def resume(url: str, key: str, streams: int, hold_s: float) -> None:
    """Go through the whole history by a type it does not have, again and again."""
    from websockets.asyncio.client import connect

    from apps.core.public_ids import encode_id
    from apps.realtime.selectors.read_feed import BEFORE_ALL

    begun = 0
    end_at = time.monotonic() + hold_s + 4
    address = f"{url}?type=payment.failed&after={encode_id('evt', BEFORE_ALL)}"

    async def resume_one() -> None:
        nonlocal begun
        headers = {"Authorization": f"Bearer {key}"}
        async with connect(address, additional_headers=headers, compression=None) as socket:
            await socket.recv()
            begun += 1
            try:
                async with asyncio.timeout(max(0.1, end_at - time.monotonic())):
                    async for _ in socket:
                        pass
            except TimeoutError:
                return

    await asyncio.gather(*(resume_one() for _ in range(streams)))
    print(json.dumps({"resumed": begun}), flush=True)


def main(arguments: list[str]) -> None:
    role, *rest = arguments
    if role == "history":
        make_history(int(rest[0]))
    elif role == "events":
        commit_events(rest[0], float(rest[1]), float(rest[2]), Path(rest[3]))
    elif role == "live":
        asyncio.run(follow_live(rest[0], rest[1], Path(rest[2])))
    elif role == "resume":
        import django

        django.setup()
        asyncio.run(resume(rest[0], rest[1], int(rest[2]), float(rest[3])))


if __name__ == "__main__":
    main(sys.argv[1:])
