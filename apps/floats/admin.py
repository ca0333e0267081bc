"""What the providers hold for us, beside what our books say."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.decorators import display

from apps.audit.admin import AuditedAdmin
from apps.audit.stale_form import RefusesStale
from apps.core import database_clock
from apps.core.admin import (
    related,
    show_label,
    show_lines,
    show_mode,
    show_money,
    show_time,
    show_two,
)
from apps.floats.models import FloatWatch
from apps.floats.selectors.with_standing import with_standing

# More of it says nothing.
COVER_DAYS_MAX = 99


class FloatWatchForm(RefusesStale):
    pass


@admin.register(FloatWatch)
class FloatWatchAdmin(AuditedAdmin):
    form = FloatWatchForm
    list_display = [
        "name",
        "mode",
        "both_sides",
        "both_differences",
        "payable_shown",
        "cover",
        "read",
    ]
    list_filter = [("provider_account__livemode", BooleanRadioFilter)]
    ordering = ["provider_account__label"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "account", "mode", "wallets_shown", "available_shown", "in_books_shown",
                    "difference_shown", "drift", "payable_shown", "cover", "read", "why", "minimum",
                ],
                "description": _(
                    "The difference is what was there when the books began, what was topped up or"
                    " taken home since, and what is under way. What it changes by in a day should"
                    " be explained by these alone."
                ),
            },
        ),
    ]  # fmt: skip
    readonly_fields = [
        "account", "mode", "wallets_shown", "available_shown", "in_books_shown",
        "difference_shown", "drift", "payable_shown", "cover", "read", "why",
    ]  # fmt: skip
    account = staticmethod(related("provider_account", _("provider account")))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[FloatWatch]:
        watches: QuerySet[FloatWatch] = super().get_queryset(request)
        return with_standing(watches, now=database_clock.now())

    @display(description=_("provider account"))
    def name(self, watch: FloatWatch) -> str:
        return watch.provider_account.label

    @display(description=_("theirs, ours"))
    def both_sides(self, watch: Any) -> SafeString:
        return show_two(self.available_shown(watch), self.in_books_shown(watch))

    @display(description=_("difference, in a day"))
    def both_differences(self, watch: Any) -> SafeString:
        return show_two(self.difference_shown(watch), self.drift(watch))

    @display(description=_("mode"))
    def mode(self, watch: FloatWatch) -> SafeString:
        return show_mode(watch.provider_account.livemode)

    @display(description=_("wallets"))
    def wallets_shown(self, watch: Any) -> SafeString | str:
        if not watch.wallets:
            return "–"
        return show_lines(
            f"{name}: {_money(amount, watch)}" for name, amount in sorted(watch.wallets.items())
        )

    @display(description=_("at the provider"))
    def available_shown(self, watch: Any) -> str:
        return _money(watch.available, watch)

    @display(description=_("by our books"))
    def in_books_shown(self, watch: Any) -> str:
        return _money(watch.in_books, watch)

    @display(description=_("difference"))
    def difference_shown(self, watch: Any) -> str:
        return _money(watch.difference, watch)

    @display(description=_("changed in a day"))
    def drift(self, watch: Any) -> str:
        if watch.difference is None or watch.difference_before is None:
            return "–"
        return _money(watch.difference - watch.difference_before, watch)

    @display(description=_("to pay from"))
    def payable_shown(self, watch: Any) -> SafeString | str:
        shown = _money(watch.payable, watch)
        if watch.payable is None or watch.minimum is None or watch.payable >= watch.minimum:
            return shown
        return show_label(shown, "danger")

    @display(description=_("lasts"))
    def cover(self, watch: Any) -> str:
        if watch.payable is None or not watch.daily_outflow:
            return "–"
        days = min(Decimal(watch.payable) / watch.daily_outflow, Decimal(COVER_DAYS_MAX))
        shown = number_format(round(days, 1))
        return ngettext("%(days)s day", "%(days)s days", 1 if days < 2 else 2) % {"days": shown}

    @display(description=_("read at"))
    def read(self, watch: Any) -> SafeString | str:
        shown = show_time(watch.read_at)
        if watch.failing_since is None:
            return shown
        return show_two(shown, show_label(_("does not say it"), "danger"))

    @display(description=_("last failure"))
    def why(self, watch: FloatWatch) -> str:
        return watch.failure or "–"


def _money(amount: int | None, watch: FloatWatch) -> str:
    return "–" if amount is None else show_money(amount, watch.provider_account.currency)
