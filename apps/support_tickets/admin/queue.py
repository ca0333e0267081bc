"""Which tickets the list shows. What is not done is few of many, and is shown however old it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from apps.core.admin import DAYS_SHOWN, DayRangeFilter
from apps.core.public_ids import first_id_at
from apps.support_tickets.models import DONE, Ticket

ALL = "all"
STATUS = "status__exact"


def is_bounded(request: HttpRequest) -> bool:
    """Whether the list holds what is not done, or what a search finds: neither is long."""
    status = request.GET.get(STATUS, "")
    return bool(
        request.GET.get("q")
        or (status and status not in DONE)
        or (not status and request.GET.get("queue") != ALL)
    )


class QueueFilter(DropdownFilter):
    title = _("queue")
    parameter_name = "queue"
    all_option = ["", _("not done")]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("mine", _("mine")),
            ("unassigned", _("nobody’s")),
            ("unanswered", _("unanswered")),
            (ALL, _("also what is done")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Ticket]) -> QuerySet[Ticket]:
        value = self.value()
        if value == ALL or (request.GET.get("q") and not value):
            return queryset
        if request.GET.get(STATUS, "") not in DONE:
            queryset = queryset.exclude(status__in=DONE)
        if value == "mine":
            return queryset.filter(assignee_id=request.user.pk)
        if value == "unassigned":
            return queryset.filter(assignee=None)
        if value == "unanswered":
            return queryset.filter(unanswered_since__isnull=False)
        return queryset


class TicketDaysFilter(DayRangeFilter):
    """The last days only where the list would be long."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.days()
        if first is None and last is None and not is_bounded(request):
            first = timezone.now() - timedelta(days=DAYS_SHOWN)
        if first is not None:
            queryset = queryset.filter(id__gte=first_id_at(first))
        if last is not None:
            queryset = queryset.filter(id__lt=first_id_at(last))
        return queryset
