"""The page of an agent who is told about how much and about when, and no reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.audit.admin import actor_of
from apps.audit.services.record import record
from apps.core import database_clock
from apps.core.admin import ReadOnlyAdmin, read_public_id, show_mode, show_money, show_time
from apps.orchestration.admin.look_up_form import LookUpForm
from apps.orchestration.selectors.made_about import Place, made_about
from apps.vault.masked_text import kept_filters

PAGE_ROWS = 25
BULLET = "•"


@dataclass(frozen=True, slots=True)
class NumberFields:
    """Where the rows of a list have the number, its country and its operator."""

    purpose: str
    index: str
    masked: str
    country: str = "country"
    operator: str = "operator"


class LooksUp(ReadOnlyAdmin):
    """A list that is also looked through by what somebody remembers. Each look is on record."""

    owner_type = ""
    number_fields: NumberFields
    actions_list = ("look_up",)

    @action(
        description=_("Find without a reference"),
        url_path="look-up",
        permissions=["view"],
        icon="manage_search",
    )
    def look_up(self, request: HttpRequest) -> HttpResponse:
        """`?amount_from=&amount_to=&day=&around=&…`; `after`: where the page before ended."""
        now = database_clock.now()
        is_asked = "amount_from" in request.GET
        form = LookUpForm(
            request.GET if is_asked else None,
            user=request.user,
            purpose=self.number_fields.purpose,
            now=now,
        )
        rows: list[Any] = []
        has_more = is_found_out = False
        if form.is_valid():
            place = self._place(request)
            if place is None and "after" in request.GET:
                form.add_error(None, _("What the page before ended with is gone: begin again."))
            else:
                first, end = form.times
                rows, has_more = made_about(
                    self._wanted(request, form.cleaned_data),
                    first=first,
                    end=end,
                    limit=PAGE_ROWS,
                    after=place,
                )
                is_found_out = True
                self._put_on_record(request, len(rows), now)
        zone = form.zone if is_found_out else ""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Find without a reference"),
            "form": form,
            "media": self.media + form.media,
            "rows": [self._shown(row, zone) for row in rows],
            "is_found_out": is_found_out,
            "zone": zone,
            "is_first": "after" not in request.GET,
            "next_query": _next(request, rows[-1].public_id) if has_more else "",
            "back_url": reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"),
        }
        return TemplateResponse(request, "admin/orchestration/look_up.html", context)

    def _wanted(self, request: HttpRequest, said: dict[str, Any]) -> QuerySet[Any]:
        fields = self.number_fields
        rows = self.get_queryset(request).filter(
            amount__gte=said["amount_from"],
            amount__lte=said["amount_to"] or said["amount_from"],
            livemode=said["mode"] != "test",
        )
        indexes, last_digits = said["number"]
        for name, value in (
            (fields.country, said["country"]),
            (fields.operator, said["operator"]),
            ("merchant__in", [merchant.pk for merchant in said["merchant"]]),
            (f"{fields.index}__in", indexes),
            (f"{fields.masked}__endswith", last_digits),
        ):
            if value:
                rows = rows.filter(**{name: value})
        return rows

    def _place(self, request: HttpRequest) -> Place | None:
        row_id = read_public_id(self.public_id_prefix, request.GET.get("after", ""))
        rows = self.get_queryset(request).filter(pk=row_id) if row_id else None
        return rows.values_list("created_at", "pk").first() if rows is not None else None

    def _put_on_record(self, request: HttpRequest, count: int, now: Any) -> None:
        filters = kept_filters(request.GET)
        if typed := filters.get("number"):
            # Whoever reads the record need not know it.
            filters["number"] = BULLET * len(typed)
        record(
            actor=actor_of(request),
            action=f"{self.owner_type}.look_up",
            detail={"rows": count, "filters": filters},
            now=now,
        )

    def _shown(self, row: Any, zone: str) -> dict[str, Any]:
        page = f"admin:{self.opts.app_label}_{self.opts.model_name}_change"
        return {
            "url": reverse(page, args=[row.pk]),
            "public_id": row.public_id,
            "time": show_time(row.created_at, zone),
            "money": show_money(row.amount, row.currency),
            "status": self.status_shown(row),
            "mode": "" if row.livemode else show_mode(row.livemode),
            "merchant": row.merchant,
            "number": getattr(row, self.number_field),
            "operator": self.operator_shown(row),
        }


def _next(request: HttpRequest, public_id: str) -> str:
    query = request.GET.copy()
    query["after"] = public_id
    return query.urlencode()
