"""The figures once more, row by row and in plain Python: what the rollups must be equal to."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from apps.core.hours import hour_of
from apps.core.public_ids import made_at
from apps.orchestration.models import Attempt, StatusChange
from apps.payments.models import Payment
from apps.payouts.models import Payout
from apps.refunds.models import Refund
from apps.reporting.models import NO_ACCOUNT, FailureCell, HourCell
from apps.reporting.rules.response_times import bucket_of

ANSWERS = {"pending", "requires_action", "authorized", "succeeded", "failed"}
PROMPTS = {"pending", "requires_action", "authorized", "succeeded"}
PROVIDER = {"worker", "callback", "poll"}
WAITING = {"pending", "requires_action", "authorized", "processing"}
SIDES = ("platform", "provider", "decision")


@dataclass
class Cell:
    sums: Counter = field(default_factory=Counter)
    times: dict = field(default_factory=lambda: {side: Counter() for side in SIDES})
    failures: Counter = field(default_factory=Counter)

    def plain(self):
        return (
            {name: value for name, value in self.sums.items() if value},
            {side: dict(counts) for side, counts in self.times.items()},
            dict(self.failures),
        )


def recount():
    """(hour, key) -> figures, of everything there is."""
    cells = defaultdict(Cell)
    for operation, model in (("collect", Payment), ("refund", Refund), ("disburse", Payout)):
        for owner in model.objects.all():
            _add(cells, operation, owner)
    return {key: cell.plain() for key, cell in cells.items()}


def _add(cells, operation, owner):
    attempts = list(Attempt.objects.filter(owner_id=owner.pk).order_by("id"))
    moves = {
        one.pk: list(StatusChange.objects.filter(attempt=one).order_by("sequence"))
        for one in attempts
    }
    sent = [one for one in attempts if one.status != "not_sent" and _first(moves[one.pk], SENT)]
    prompted = [one for one in attempts if _first(moves[one.pk], PROMPTS)]
    latest = attempts[-1] if attempts else None
    cell = cells[_key(operation, owner, latest)]
    cell.sums += Counter(
        created=1,
        submitted=int(bool(sent)),
        prompted=int(bool(prompted)),
        amount_requested=owner.amount,
    )
    if owner.status in WAITING:
        cell.sums["waiting"] += 1
    else:
        cell.sums[owner.status] += 1
    if owner.status == "succeeded":
        cell.sums["amount_succeeded"] += getattr(owner, "received", owner.amount)
        cell.sums["fees"] += getattr(owner, "fee", 0) - getattr(owner, "fee_returned", 0)
    if owner.failure_code and owner.status in {"failed", "expired", "canceled"}:
        cell.failures[owner.failure_code] += 1
    for one in attempts:
        cell = cells[_key(operation, owner, one)]
        if one in sent:
            cell.sums["attempts"] += 1
            cell.sums["attempts_failed"] += one.status == "failed"
        cell.sums["attempts_succeeded"] += one.status == "succeeded"
        submitted = _first(moves[one.pk], SENT)
        if one is attempts[0]:
            _time(cell, "platform", owner.created_at, submitted)
        _time(cell, "provider", submitted, _first(moves[one.pk], ANSWERS, PROVIDER))
        _time(cell, "decision", submitted, _first(moves[one.pk], ENDS, PROVIDER))


SENT = {"submitted"}
ENDS = {"succeeded", "failed"}


def _first(moves, statuses, sources=None):
    found = [
        move.created_at
        for move in moves
        if move.to_status in statuses and (sources is None or move.source in sources)
    ]
    return min(found, default=None)


def _time(cell, side, begin, end):
    if begin and end:
        cell.times[side][bucket_of((end - begin).total_seconds() * 1000)] += 1


def _key(operation, owner, attempt):
    of = owner.payment if operation == "refund" else owner
    account = attempt.provider_account if attempt else None
    return (
        hour_of(made_at(owner.pk)),
        (
            owner.livemode,
            owner.merchant_id,
            operation,
            account.connector if account else owner.provider,
            account.pk if account else NO_ACCOUNT,
            of.country,
            of.operator,
            "" if operation == "disburse" else of.method,
            owner.currency,
        ),
    )


def rollups():
    """The same, as the tables have it."""
    cells = defaultdict(Cell)
    for row in HourCell.objects.select_related("series"):
        cell = cells[row.hour, _series_key(row.series)]
        for name in (
            *("created", "submitted", "prompted", "succeeded", "failed", "expired", "canceled"),
            *("verifying", "waiting", "amount_requested", "amount_succeeded", "fees"),
            *("attempts", "attempts_succeeded", "attempts_failed"),
        ):
            cell.sums[name] = getattr(row, name)
        for side in SIDES:
            buckets, counts = getattr(row, f"{side}_buckets"), getattr(row, f"{side}_counts")
            cell.times[side] = Counter(dict(zip(buckets, counts, strict=True)))
    for row in FailureCell.objects.select_related("series"):
        cells[row.hour, _series_key(row.series)].failures[row.failure_code] = row.count
    return {key: cell.plain() for key, cell in cells.items()}


def _series_key(series):
    return (
        series.livemode,
        series.merchant_id,
        series.operation,
        series.provider,
        series.provider_account_id,
        series.country,
        series.operator,
        series.method,
        series.currency,
    )
