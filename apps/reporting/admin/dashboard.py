"""The staff's first page: the last 24 hours at a glance, and what waits for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BigIntegerField, Count, Q, Sum
from django.db.models.functions import Coalesce, TruncHour
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.core.admin import LIST_ZONE
from apps.core.money import Money, grouped
from apps.core.planned_for_its_values import planned_for_its_values
from apps.core.public_ids import first_id_at
from apps.core.visible_rows import sees_all, visible_rows
from apps.orchestration.models import Attempt, DueAttempt
from apps.payments.models import Payment, PaymentState, PaymentStatus
from apps.reconciliation.selectors.open_discrepancies import open_discrepancies
from apps.reporting.admin.bar_chart import GREEN, ORANGE, RED, bar_chart
from apps.reporting.admin.tile import COUNTED_MAX, Tile, counted
from apps.reporting.rules.bounds import Bounds
from apps.reporting.selectors.bounds_of import bounds_of
from apps.webhooks.models import Delivery, Endpoint
from apps.webhooks.selectors.deliveries_of import deliveries_of

WINDOW = timedelta(hours=24)

RECEIVED = Coalesce("amount_received", "amount", output_field=BigIntegerField())
FAILED = {PaymentStatus.FAILED, PaymentStatus.EXPIRED, PaymentStatus.CANCELED}


def read_dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's DASHBOARD_CALLBACK. `?mode=live` or `test`; without it, live if there is any."""
    with planned_for_its_values():
        return context | _read(request)


def _read(request: HttpRequest) -> dict[str, Any]:
    may = request.user.has_perm
    now = timezone.now()
    context: dict[str, Any] = {}
    if may("payments.view_payment"):
        livemode = _mode(request.GET.get("mode", ""), now)
        context |= {"livemode": livemode, "zone": LIST_ZONE}
        context |= _payments(bounds_of(request.user), livemode=livemode, now=now)
        context["tiles"] += _waiting(request.user)
    if may("webhooks.view_delivery"):
        context.setdefault("tiles", []).append(_deliveries(request.user, now))
    if may("reconciliation.view_discrepancy"):
        context.setdefault("tiles", []).append(_discrepancies(request.user))
    return context


def _mode(asked: str, now: datetime) -> bool:
    if asked in {"live", "test"}:
        return asked == "live"
    recent = Payment.objects.filter(id__gte=first_id_at(now - WINDOW))
    return recent.filter(livemode=True).exists()


def _payments(bounds: Sequence[Bounds], *, livemode: bool, now: datetime) -> dict[str, Any]:
    """Tiles, statuses and the chart of the last 24 hours, of what the reader may see of figures.
    One query, over these hours only."""
    recent = Payment.objects.filter(id__gte=first_id_at(now - WINDOW), livemode=livemode)
    rows = list(
        recent.filter(_within(bounds))
        .order_by()
        .values_list(TruncHour("created_at"), "status", "currency")
        .annotate(count=Count("id"), moved=Sum(RECEIVED))
    )
    counts: Counter[str] = Counter()
    volumes: Counter[str] = Counter()
    for _hour, status, currency, count, amount in rows:
        counts[status] += count
        if status == PaymentStatus.SUCCEEDED:
            volumes[currency] += amount
    succeeded = counts[PaymentStatus.SUCCEEDED]
    decided = succeeded + sum(counts[status] for status in FAILED)
    tiles = [
        Tile(_("Payments"), grouped(sum(counts.values()))),
        Tile(_("Success rate"), _percent(succeeded, decided)),
    ]
    tiles += [
        Tile(_("Volume"), str(Money(int(amount), currency)))
        for currency, amount in volumes.most_common()
    ]
    statuses = [
        {
            "value": status.value,
            "label": status.label,
            "count": counts[status],
            "ended": _ended(status),
        }
        for status in PaymentStatus
        if counts[status]
    ]
    return {"tiles": tiles, "statuses": statuses, "chart": _chart(rows, now)}


def _within(bounds: Sequence[Bounds]) -> Q:
    """As selectors.selection.where has it of figures."""
    parts = []
    for one in bounds:
        part = Q()
        if one.countries is not None:
            part &= Q(country__in=one.countries)
        if one.merchant_ids is not None:
            part &= Q(merchant_id__in=one.merchant_ids)
        parts.append(part)
    # Whoever is bound by nothing sees all of it.
    return reduce(or_, parts) if all(parts) else Q()


def _waiting(user: Any) -> list[Tile]:
    """What nobody knows yet, and what a person has to look at: both found in narrow tables."""
    unknown = PaymentState.objects.filter(status=PaymentStatus.VERIFYING)
    everybodys = Payment.objects.all()
    if not sees_all(user, everybodys):
        unknown = unknown.filter(payment_id__in=visible_rows(user, everybodys).values("pk"))
    verifying = _count(unknown)
    is_open = Q(pk__in=DueAttempt.objects.values("attempt_id"))
    owned = _count(visible_rows(user, Attempt.objects.filter(is_open, needs_person=True)))
    payments = reverse("admin:payments_payment_changelist")
    attempts = reverse("admin:orchestration_attempt_changelist")
    return [
        Tile(
            _("Payments verifying"),
            verifying,
            is_alarming=verifying != "0",
            url=f"{payments}?status__exact={PaymentStatus.VERIFYING}",
        ),
        Tile(
            _("Attempts for a person"),
            owned,
            is_alarming=owned != "0",
            url=f"{attempts}?needs_person__exact=1",
        ),
    ]


def _deliveries(user: Any, now: datetime) -> Tile:
    """Webhooks refused at least once and to be tried again, and those given up since yesterday."""
    everywhere = Endpoint.objects.values("pk")
    retried = deliveries_of(everywhere, [Delivery.Status.PENDING]).filter(tries__gt=0)
    given_up = deliveries_of(everywhere, [Delivery.Status.FAILED], after=first_id_at(now - WINDOW))
    failing, lost = (_count(visible_rows(user, one)) for one in (retried, given_up))
    return Tile(
        _("Webhooks retried / given up"),
        f"{failing} / {lost}",
        is_alarming=lost != "0",
        url=f"{reverse('admin:webhooks_delivery_changelist')}?status__exact=failed",
    )


def _discrepancies(user: Any) -> Tile:
    open_ones = _count(visible_rows(user, open_discrepancies()))
    return Tile(
        _("Open discrepancies"),
        open_ones,
        is_alarming=open_ones != "0",
        url=f"{reverse('admin:reconciliation_discrepancy_changelist')}?status__exact=open",
    )


def _count(rows: Any) -> str:
    return counted(rows.order_by()[: COUNTED_MAX + 1].count())


def _percent(part: int, whole: int) -> str:
    return f"{number_format(100 * part / whole, 1)} %" if whole else "–"


def _ended(status: str) -> str:
    if status == PaymentStatus.SUCCEEDED:
        return "good"
    return "bad" if status in FAILED else "open"


def _chart(rows: Iterable[tuple[Any, ...]], now: datetime) -> str:
    """Payments an hour, by how they ended, in the form of Chart.js."""
    last = now.replace(minute=0, second=0, microsecond=0)
    hours = [
        last - timedelta(hours=back) for back in range(int(WINDOW.total_seconds()) // 3600, -1, -1)
    ]
    ended: dict[str, Counter[datetime]] = {"good": Counter(), "bad": Counter(), "open": Counter()}
    for hour, status, _currency, count, _amount in rows:
        ended[_ended(status)][hour] += count
    bars = [("good", _("succeeded"), GREEN), ("bad", _("failed"), RED), ("open", _("open"), ORANGE)]
    return bar_chart(
        [f"{hour:%H} h" for hour in hours],
        [(label, colour, [ended[end][hour] for hour in hours]) for end, label, colour in bars],
    )
