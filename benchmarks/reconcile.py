"""A day's report against a day's attempts, by the product's own command, to stored exceptions.

RECONCILE_LINES lines of a CSV file, as many attempts, and one break in 200 planted: amounts, fees,
ends, movements twice, lines of strangers, attempts without a line. What the command stored is
compared with what was planted. The floor is bare PostgreSQL in the same database and run: COPY into
a plain table, one full join, a verdict stored for each row, one commit. DuckDB, which keeps nothing
durable, is printed beside it.
"""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg

from apps.core.public_ids import encode_id
from benchmarks.growth import FIRST_MS, MAKE_ID, copy_statement, settle
from benchmarks.platform import VAR, Platform
from benchmarks.result import result, say
from local.stack import ROOT

LINES = int(float(os.environ.get("RECONCILE_LINES", "1e6")))
RATIO_MAX = 3.0
MEMORY_MB_MAX = 300
EVERY = 200
BATCH = 200_000
BASIS_POINTS = 100
HEADING = "externalId;financialTransactionId;amount;fee;currency;status;date;type\n"
KINDS = (
    "unknown_to_them",
    "amount_differs",
    "fee_differs",
    "status_differs",
    "duplicate_line",
    "unknown_to_us",
)

FOUND = """
SELECT d.kind, COALESCE(l.provider_reference, a.provider_reference)
  FROM reconciliation_discrepancy d
  LEFT JOIN reconciliation_statementline l ON l.id = d.line_id
  LEFT JOIN payments_attempt a ON a.id = d.attempt_id
 WHERE d.status = 'open' AND d.provider_account_id = %s AND d.kind <> 'missing_statement'
   AND d.statement_id = (SELECT id FROM reconciliation_statement ORDER BY created_at DESC LIMIT 1)
"""

BARE_TABLE = """
CREATE TABLE bench_line (reference text, provider_reference text, amount bigint, fee bigint,
    currency text, status text, occurred_at timestamptz, kind text)
"""
# Money that was reported twice is the second's fault.
BARE_CLASSIFY = """
CREATE TABLE bench_verdict AS
WITH line AS (
    SELECT *, row_number() OVER (PARTITION BY provider_reference) AS repeat FROM bench_line
), attempt AS (
    SELECT id, statement_reference, amount, currency, status FROM payments_attempt
     WHERE provider_account_id = %(account)s AND status = 'succeeded'
       AND completed_at >= %(from)s AND completed_at < %(until)s
)
SELECT a.id, l.provider_reference,
       CASE WHEN l.reference IS NULL THEN 'unknown_to_them'
            WHEN l.repeat > 1 THEN 'duplicate_line'
            WHEN a.id IS NULL THEN 'unknown_to_us'
            WHEN l.status <> 'SUCCESSFUL' THEN 'status_differs'
            WHEN l.currency <> a.currency THEN 'currency_differs'
            WHEN l.amount <> a.amount THEN 'amount_differs'
            WHEN abs(l.fee - (l.amount * %(points)s + 5000) / 10000) > 1 THEN 'fee_differs'
            ELSE 'matched' END AS verdict
  FROM line l
  FULL JOIN attempt a ON a.statement_reference = l.reference
"""


@dataclass(frozen=True, slots=True)
class Day:
    """The account, the day in its zone, and when that begins."""

    account_id: str
    country: str
    currency: str
    date: str
    begins_at: datetime


def run() -> bool:
    with Platform(approve_after_s=0.05, processes=["web"]) as platform:
        platform.answers(platform.load(clients=1, duration_s=1))
        with psycopg.connect(platform.stack.servers.owner_url, autocommit=True) as connection:
            day = open_day(connection)
            fill(connection, day, LINES)
            measured = measure(platform, connection, day, LINES)
    is_met = measured.is_right and measured.ratio <= RATIO_MAX and measured.peak_mb <= MEMORY_MB_MAX
    measured.tell("reconcile")
    return is_met


@dataclass(frozen=True, slots=True)
class Measured:
    lines: int
    took_s: float
    bare_s: float
    peak_mb: float
    planted: int
    right: int
    false: int

    @property
    def ratio(self) -> float:
        return self.took_s / self.bare_s

    @property
    def is_right(self) -> bool:
        return self.right == self.planted and not self.false

    def tell(self, name: str) -> None:
        result(
            name,
            value=self.took_s,
            unit="s",
            floor=self.bare_s,
            lines=self.lines,
            planted=self.planted,
            right=self.right,
            false=self.false,
            peak_mb=self.peak_mb,
        )


def open_day(connection: psycopg.Connection) -> Day:
    """Yesterday, of the account that the one payment made so far went to."""
    connection.execute(MAKE_ID % FIRST_MS)
    row = connection.execute(
        "SELECT x.id, x.timezone, x.country, x.currency FROM payments_attempt a"
        " JOIN providers_provideraccount x ON x.id = a.provider_account_id"
        " ORDER BY a.id DESC LIMIT 1"
    ).fetchone()
    if row is None:
        raise RuntimeError("no payment was made")
    account_id, zone, country, currency = row
    _agree(connection, account_id, currency)
    date = (datetime.now(UTC).astimezone(ZoneInfo(zone)) - timedelta(days=1)).date()
    begins_at = datetime.combine(date, datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
    return Day(str(account_id), country, currency, date.isoformat(), begins_at)


def _agree(connection: psycopg.Connection, account_id: object, currency: str) -> None:
    """The account's contract: so much of what is collected, since long ago."""
    connection.execute(
        "WITH p AS (INSERT INTO fees_feeplan (id, name, currency, provider_account_id, created_at)"
        "           VALUES (gen_random_uuid(), 'measured', %(currency)s, %(account)s, now())"
        "           ON CONFLICT DO NOTHING RETURNING id),"
        " v AS (INSERT INTO fees_feeplanversion"
        "       (id, plan_id, number, valid_from, lines_digest, created_at)"
        "       SELECT gen_random_uuid(), id, 1, '2020-01-01', '', now() FROM p RETURNING id)"
        " INSERT INTO fees_feeline (id, version_id, operation, provider, operator, method, country,"
        "        currency, amount_from, basis_points, fixed, fee_min, tax_basis_points, rounding)"
        " SELECT gen_random_uuid(), id, 'collect', '', '', '', '', '', 0, %(share)s, 0, 0, 0,"
        "        'half_up' FROM v",
        {"currency": currency, "account": account_id, "share": BASIS_POINTS},
    )


def fill(connection: psycopg.Connection, day: Day, lines: int, first: int = 0) -> None:
    """Payments that succeeded, evenly over the day, as copies of one."""
    begun = time.monotonic()
    ended = (
        f"'{day.begins_at.isoformat()}'::timestamptz"
        f" + (n - {first}) * interval '86000 seconds' / {lines}"
    )
    common = {
        "amount": "1000 + mod(n, 500) * 5",
        "status": "'succeeded'",
        "created_at": f"{ended} - interval '30 seconds'",
        "completed_at": ended,
    }
    payment = common | {
        "id": "bench_id(n, 'payment')",
        "merchant_reference": "'order-' || n",
        "payer_msisdn_index": "sha256(n::text::bytea)",
    }
    attempt = common | {
        "id": "bench_id(n, 'attempt')",
        "payment_id": "bench_id(n, 'payment')",
        "reference": "bench_id(n, 'reference')",
        "statement_reference": "bench_id(n, 'reference')::text",
        "provider_reference": "n::text",
        "submitted_at": f"{ended} - interval '30 seconds'",
        "next_check_at": "NULL",
    }
    tables = {"payments_payment": payment, "payments_attempt": attempt}
    for table in tables:
        # The queues of what is open are not what is measured.
        connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for start in range(first, first + lines, BATCH):
        numbers = (start, min(start + BATCH, first + lines) - 1)
        for table, changes in tables.items():
            connection.execute(copy_statement(connection, table, changes), numbers)
    for table in tables:
        connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    connection.execute("VACUUM ANALYZE payments_payment, payments_attempt")
    say(f"{lines} attempts after {time.monotonic() - begun:.0f} s")


def measure(
    platform: Platform, connection: psycopg.Connection, day: Day, lines: int, first: int = 0
) -> Measured:
    """Once the product between two runs of the floor, whose mean counts."""
    path = VAR / "report.csv"
    planted = write_report(connection, path, day, lines, first)
    settle(platform)
    bare_s = [_bare(connection, path, day)]
    settle(platform)
    took_s, peak_mb = _product(platform, path, day)
    found = {(kind, text) for kind, text in connection.execute(FOUND, [day.account_id])}
    settle(platform)
    bare_s.append(_bare(connection, path, day))
    duckdb_s = _duckdb(connection, path, day)
    say(
        f"{lines} lines: product {took_s:.1f} s, PostgreSQL"
        f" {bare_s[0]:.1f} and {bare_s[1]:.1f} s, DuckDB {duckdb_s:.1f} s"
    )
    path.unlink()
    return Measured(
        lines,
        took_s,
        sum(bare_s) / len(bare_s),
        peak_mb,
        planted=len(planted),
        right=len(planted & found),
        false=len(found - planted),
    )


def write_report(
    connection: psycopg.Connection, path: Path, day: Day, lines: int, first: int
) -> set[tuple[str, str]]:
    """The file, and its breaks: (kind, the provider's reference)."""
    planted: set[tuple[str, str]] = set()
    with path.open("w") as file, connection.cursor(name="references") as cursor:
        file.write(HEADING)
        with connection.transaction():
            cursor.itersize = 20_000
            cursor.execute(
                "SELECT n, bench_id(n, 'reference')::text FROM generate_series(%s::bigint, %s) n",
                [first, first + lines - 1],
            )
            for number, reference in cursor:
                for row in _rows(number, reference, day, lines, first, planted):
                    file.write(row)
    return planted


def _rows(
    number: int,
    reference: str,
    day: Day,
    lines: int,
    first: int,
    planted: set[tuple[str, str]],
) -> Iterator[str]:
    place = number - first
    kind = KINDS[place // EVERY % len(KINDS)] if place % EVERY == EVERY - 1 else ""
    amount = 1000 + number % 500 * 5
    fee = (amount * BASIS_POINTS + 5000) // 10_000
    at = (day.begins_at + timedelta(seconds=place * 86_000 / lines)).isoformat(timespec="seconds")
    status, theirs = "SUCCESSFUL", str(number)
    if kind:
        planted.add((kind, f"X{number}" if kind == "unknown_to_us" else theirs))
    if kind == "unknown_to_them":
        return
    if kind == "amount_differs":
        amount += 5
    elif kind == "fee_differs":
        fee += 2
    elif kind == "status_differs":
        status = "FAILED"
    row = f"{reference};{theirs};{amount};{fee};{day.currency};{status};{at};REQUESTTOPAY\n"
    yield row
    if kind == "duplicate_line":
        yield row
    elif kind == "unknown_to_us":
        yield row.replace(reference, f"stranger-{number}").replace(f";{theirs};", f";X{number};", 1)


def _product(platform: Platform, path: Path, day: Day) -> tuple[float, float]:
    """Seconds, and the most memory of the command in MB."""
    account = encode_id("pa", _uuid(day.account_id))
    argv = [sys.executable, "manage.py", "import_statement", str(path)]
    argv += ["--account", account, "--day", day.date]
    begun = time.monotonic()
    with (VAR / "import.txt").open("wb") as printed:
        command = subprocess.Popen(
            argv, cwd=ROOT, env=platform.stack.environment, stdout=printed, stderr=subprocess.STDOUT
        )
        _pid, status, usage = os.wait4(command.pid, 0)
    took_s = time.monotonic() - begun
    command.returncode = os.waitstatus_to_exitcode(status)
    if command.returncode:
        raise RuntimeError((VAR / "import.txt").read_text()[-2000:])
    return took_s, usage.ru_maxrss / 1024


def _bare(connection: psycopg.Connection, path: Path, day: Day) -> float:
    connection.execute("DROP TABLE IF EXISTS bench_line, bench_verdict")
    begun = time.monotonic()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute(BARE_TABLE)
        copying = "COPY bench_line FROM STDIN (FORMAT csv, HEADER, DELIMITER ';')"
        with cursor.copy(copying) as copy, path.open("rb") as file:
            while chunk := file.read(1 << 20):
                copy.write(chunk)
        cursor.execute("ANALYZE bench_line")
        cursor.execute(
            BARE_CLASSIFY.replace("%(account)s", f"'{day.account_id}'")
            .replace("%(from)s", f"'{day.begins_at.isoformat()}'")
            .replace("%(until)s", f"'{(day.begins_at + timedelta(days=1)).isoformat()}'")
            .replace("%(points)s", str(BASIS_POINTS))
        )
    took_s = time.monotonic() - begun
    connection.execute("DROP TABLE bench_line, bench_verdict")
    return took_s


def _duckdb(connection: psycopg.Connection, path: Path, day: Day) -> float:
    import duckdb

    attempts = VAR / "attempts.csv"
    with attempts.open("w", newline="") as file, connection.transaction():
        writer = csv.writer(file)
        writer.writerow(["id", "statement_reference", "amount", "currency"])
        with connection.cursor(name="attempts") as cursor:
            cursor.itersize = 20_000
            cursor.execute(
                "SELECT id, statement_reference, amount, currency FROM payments_attempt"
                " WHERE provider_account_id = %s AND completed_at >= %s",
                [day.account_id, day.begins_at],
            )
            writer.writerows(cursor)
    begun = time.monotonic()
    duckdb.sql(
        "SELECT CASE WHEN l.externalId IS NULL THEN 'unknown_to_them' WHEN a.id IS NULL"
        " THEN 'unknown_to_us' WHEN l.amount <> a.amount THEN 'amount_differs' ELSE 'matched' END"
        f" AS verdict, count(*) FROM read_csv('{path}', delim=';') l FULL JOIN"
        f" read_csv('{attempts}') a ON a.statement_reference = l.externalId GROUP BY 1"
    ).fetchall()
    return time.monotonic() - begun


def _uuid(text: str):  # type: ignore[no-untyped-def]
    from uuid import UUID

    return UUID(text)
