"""What a list of payees costs until it may be approved: kept, read, checked, its lines written.

The value is lines a second of 10,000 lines by file, everything included; the floor is PostgreSQL
taking the very rows that came of it by COPY. `cpu_us` is what a line costs the process that reads,
which a busy machine does not change; `large_s` is a file of LARGE lines, `memory_mb` what
the process grew by for it beyond what the small one took.
"""

from __future__ import annotations

import json
import os
import resource
import time
from typing import Any

from benchmarks.platform import Platform
from benchmarks.result import result, say

LINES = 10_000
LARGE = int(float(os.environ.get("BULK_INTAKE_LARGE", "1e5")))
RATE_MIN = 10_000
RATIO_MIN = 0.33
MEMORY_MB_MAX = 20


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["simulators"]) as platform:
        printed = platform.stack.manage(
            *("shell", "--no-imports", "--command"),
            f"from benchmarks.bulk_intake import measure; measure({LARGE})",
            timeout_s=3_600,
        )
        measured = json.loads(printed.splitlines()[-1])
    say(
        f"kept {measured['kept_s']:.2f} s, checked {measured['checked_s']:.2f} s,"
        f" COPY {measured['copied_s']:.2f} s; ready {measured['ready']}"
    )
    rate = LINES / (measured["kept_s"] + measured["checked_s"])
    floor = LINES / measured["copied_s"]
    result(
        "bulk_intake",
        value=rate,
        unit="lines/s",
        floor=floor,
        least=RATE_MIN,
        cpu_us=measured["cpu_s"] / LINES * 1e6,
        large=LARGE,
        large_s=measured["large_s"],
        memory_mb=measured["memory_mb"],
    )
    return (
        rate >= RATE_MIN
        and rate >= RATIO_MIN * floor
        and measured["memory_mb"] <= MEMORY_MB_MAX
        and measured["ready"] == LINES
    )


def measure(large: int) -> None:
    """Prints one line of JSON. In the platform's environment."""
    from apps.payout_batches.models import PayoutBatchLine

    _take(1_000)
    begun = time.process_time()
    kept_s, checked_s, batch_id = _take(LINES)
    cpu_s = time.process_time() - begun
    ready = PayoutBatchLine.objects.filter(batch_id=batch_id, status="ready").count()
    copied_s = _copy(batch_id)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large_s = sum(_take(large)[:2])
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        json.dumps(
            {
                "kept_s": kept_s,
                "checked_s": checked_s,
                "cpu_s": cpu_s,
                "copied_s": copied_s,
                "ready": ready,
                "large_s": large_s,
                "memory_mb": grown / 1024,
            }
        )
    )


def _take(count: int) -> tuple[float, float, Any]:
    from django.db import transaction
    from django.utils import timezone

    from apps.merchants.models import Merchant
    from apps.payout_batches.services.check_batch import check_batch
    from apps.payout_batches.services.receive_batch import BatchOrder, receive_batch

    begun = time.perf_counter()
    with transaction.atomic():
        batch = receive_batch(
            merchant=Merchant.objects.order_by("pk")[0],
            livemode=False,
            order=BatchOrder(currency="XAF", source="file", created_by="key:bench"),
            content=_file(count),
            now=timezone.now(),
        )
    kept = time.perf_counter()
    check_batch(batch_id=batch.pk, now=timezone.now())
    return kept - begun, time.perf_counter() - kept, batch.pk


def _file(count: int) -> Any:
    yield "Matricule;Nom;Téléphone;Montant;Motif\n".encode()
    for number in range(count):
        phone = 670_000_000 + number % 10_000_000
        yield f"e-{number};Awa Ndiaye {number};{phone};{100_000 + number};Novembre\n".encode()


def _copy(batch_id: Any) -> float:
    """Seconds that PostgreSQL takes for the same rows, of another batch."""
    from django.db import connection, transaction

    from apps.core.public_ids import new_id
    from apps.payout_batches.models import PayoutBatch
    from apps.payout_batches.services.check_batch import COLUMNS

    other = PayoutBatch.objects.get(pk=batch_id)
    other.pk = new_id()
    other.save(force_insert=True)
    columns = ", ".join(COLUMNS)
    chosen = ", ".join(
        {"id": "gen_random_uuid()", "batch_id": f"'{other.pk}'::uuid"}.get(name, name)
        for name in COLUMNS
    )
    rows: list[bytes] = []
    with connection.cursor() as cursor:
        with cursor.copy(
            f"COPY (SELECT {chosen} FROM payout_batches_payoutbatchline"
            f" WHERE batch_id = '{batch_id}' ORDER BY number) TO STDOUT"
        ) as out:
            rows.extend(bytes(block) for block in out)
        begun = time.perf_counter()
        with (
            transaction.atomic(),
            cursor.copy(f"COPY payout_batches_payoutbatchline ({columns}) FROM STDIN") as copy,
        ):
            copy.write(b"".join(rows))
        return time.perf_counter() - begun
