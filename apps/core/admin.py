"""What every admin list shares: looking changes nothing and costs the same, however long it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet, TextChoices, UUIDField
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.admin import checkbox as unfold_checkbox
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.decorators import display
from unfold.paginator import InfinitePaginator
from unfold.utils import parse_date_str
from unfold.views import ChangeList

from apps.core.errors import DomainError
from apps.core.money import Money
from apps.core.planned_for_its_values import planned_for_its_values
from apps.core.public_ids import InvalidPublicId, decode_id, first_id_at
from apps.core.visible_rows import visible_rows

# A page is found by skipping all before it: deeper than this, filter.
PAGES_MAX = 200

# How far back a list looks when neither a day nor a search is given.
DAYS_SHOWN = 31

# The days that lists are filtered by and the times they show; merchants have zones of their own,
# which only the page of one object shows.
LIST_ZONE = "UTC"


class UncountedPaginator(InfinitePaginator):
    """Previous and next. COUNT(*) would read the whole table."""

    @cached_property
    def count(self) -> int:
        return PAGES_MAX * int(self.per_page)


# unfold prints the count above the list unless the class is called so.
UncountedPaginator.__name__ = InfinitePaginator.__name__


class RowLinks(ChangeList):
    """A list that finds once what its rows' links say of the filters: Django looks each link's own
    view up among all addresses. Its rows are read by a plan of their own."""

    # unfold asks for it: what is not there is looked for long.
    is_dataset = False

    def __init__(self, request: HttpRequest, *args: Any, **more: Any) -> None:
        super().__init__(request, *args, **more)
        self.filters_kept: str = self.model_admin.get_preserved_filters(request)
        self.preserved_filters = ""
        # Of the browser's tab; Django has "Select … to view" there.
        self.title = capfirst(gettext(str(self.opts.verbose_name_plural)))

    def get_results(self, request: HttpRequest) -> None:
        with planned_for_its_values():
            super().get_results(request)
            # Else it is the template that reads them.
            len(self.result_list)

    def url_for_result(self, result: Model) -> str:
        url: str = super().url_for_result(result)
        return f"{url}?{self.filters_kept}" if self.filters_kept else url


class ActsOnRows(ModelAdmin):
    """Actions on rows that were ticked; what can be no row's id is no row, and what her roles hide
    from a person is not there for her: in no list, page, search, choice or file."""

    # unfold's lists ask each row for it: what is not there is looked for long.
    list_sections = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return visible_rows(request.user, super().get_queryset(request))

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        chosen = super().get_field_queryset(db, db_field, request)
        if chosen is None:
            chosen = db_field.remote_field.model._default_manager.all()
        return visible_rows(request.user, chosen)

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **more: Any
    ) -> HttpResponse | None:
        chosen = request.POST.copy()
        ids = chosen.getlist(ACTION_CHECKBOX_NAME)
        chosen.setlist(ACTION_CHECKBOX_NAME, [one for one in ids if self._may_be_id(one)])
        request.POST = chosen  # type: ignore[assignment]
        response: HttpResponse | None = super().response_action(request, queryset, *args, **more)
        return response

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        # An empty name in the address names no field.
        return super().get_object(request, object_id, from_field or None)

    def get_changelist(self, request: HttpRequest, **more: Any) -> type[ChangeList]:
        return RowLinks

    @display(description=ModelAdmin.action_checkbox.short_description)
    def action_checkbox(self, row: Model) -> SafeString:
        """unfold's own, without the three templates it draws each with."""
        return format_html(_box(get_language()), row.pk)

    def _may_be_id(self, text: str) -> bool:
        try:
            self.opts.pk.to_python(text)
        except ValidationError:
            return False
        return "\0" not in text


class ReadOnlyAdmin(ActsOnRows):
    """Rows to look at, newest first: no add, change or delete, not even for a superuser.

    `search_fields` are compared exactly with what was typed; "id" also takes a public id of
    `public_id_prefix`. Set `paginator` and `show_full_result_count` back for a small table.
    """

    public_id_prefix = ""
    ordering = ("-id",)
    sortable_by = ()
    list_per_page = 50
    list_disable_select_all = True
    list_filter_submit = True
    paginator = UncountedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions_on_top = True
    empty_value_display = "–"

    @admin.display(description=_("id"))
    def uuid(self, row: Model) -> str:
        return str(row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        text = search_term.strip()
        if not text:
            return queryset, False
        return queryset.filter(self.matching(text)), False

    def matching(self, text: str) -> Q:
        """The rows a search for `text` finds."""
        found = Q(pk__in=[])
        for name in self.search_fields:
            value = self._as_value(name, text)
            if value is not None:
                found |= Q(**{name: value})
        return found

    def _as_value(self, name: str, text: str) -> str | UUID | None:
        if name == "id" and self.public_id_prefix:
            public_id = read_public_id(self.public_id_prefix, text)
            if public_id is not None:
                return public_id
        field = self.opts.get_field(name)
        if isinstance(getattr(field, "target_field", field), UUIDField):
            return read_uuid(text)
        return text


class ZonedDayFilter(RangeDateFilter):
    """Rows of one day to another, both included: days of LIST_ZONE, as the title says.

    The list's cells show that zone too, so that a row is found under the day it shows.
    """

    # What is said of these days; the field's own name without it.
    word: Any = ""
    # Whether a search without days looks at the last ones only.
    has_search_days = False
    title: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.title = f"{self.word or self.title} ({LIST_ZONE})"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.days()
        if first is not None:
            queryset = queryset.filter(**{f"{self.field_path}__gte": first})
        if last is not None:
            queryset = queryset.filter(**{f"{self.field_path}__lt": last})
        return queryset

    def days(self) -> tuple[datetime | None, datetime | None]:
        """The first instant of the first day and that after the last one."""
        first, last = self._day("from"), self._day("to")
        return first, last and last + timedelta(days=1)

    def _day(self, end: str) -> datetime | None:
        text = self.used_parameters.get(f"{self.parameter_name}_{end}")
        day = parse_date_str(text) if isinstance(text, str) else None
        if day is None or day.year in {MINYEAR, MAXYEAR}:
            return None
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(LIST_ZONE))


class DayRangeFilter(ZonedDayFilter):
    """Days read from the id, which begins with the time: the one index every table has.

    Without days and without a search the last DAYS_SHOWN days are shown, so that a rare status
    cannot make the database read years.
    """

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = self.days()
        if first is None and last is None and not request.GET.get("q"):
            first = timezone.now() - timedelta(days=DAYS_SHOWN)
        if first is not None:
            queryset = queryset.filter(id__gte=first_id_at(first))
        if last is not None:
            queryset = queryset.filter(id__lt=first_id_at(last))
        return queryset


def related(name: str, title: Any, shown: Callable[[Any], Any] = str) -> Callable[[Any], str]:
    """A column or field for the foreign key `name`: what is `shown` of the other row, as a link.

    For keys whose model gives no title of its own that could be translated.
    """

    def show(row: Any) -> str:
        other = getattr(row, name)
        if other is None:
            return "–"
        url = reverse(
            f"admin:{other._meta.app_label}_{other._meta.model_name}_change", args=[other.pk]
        )
        return format_html('<a href="{}">{}</a>', url, shown(other))

    show.short_description = title  # type: ignore[attr-defined]
    return show


def read_public_id(prefix: str, text: str) -> UUID | None:
    """The id behind a public id, in any case; None when it is none of this kind."""
    try:
        return decode_id(prefix, text.lower())
    except InvalidPublicId:
        return None


def read_uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def show_time(moment: datetime | None, zone: str = LIST_ZONE) -> str:
    """A date and time to the second with its zone, in the reader's language."""
    if moment is None:
        return "–"
    local = moment.astimezone(ZoneInfo(zone))
    # The month in letters: 03/04 is two days, one on each side of the Atlantic.
    return _on_one_line(f"{date_format(local, 'j N Y')} {local:%H:%M:%S %Z}")


def show_money(amount: int, currency: str) -> str:
    return _on_one_line(str(Money(amount, currency)))


def show_refusal(refusal: DomainError) -> str:
    """Why not, in the reader's language."""
    return str(refusal.staff_words or refusal.detail)


def show_label(text: Any, colour: str = "") -> SafeString:
    """unfold's label. Colours: info, success, warning, danger, primary; "" is grey."""
    return _label(str(text), colour)


@cache
def _box(language: str | None) -> str:
    """A box to tick, in the language that is spoken, with a place for the row's id."""
    return str(unfold_checkbox.render(ACTION_CHECKBOX_NAME, "{}"))


@lru_cache(maxsize=512)
def _label(text: str, colour: str) -> SafeString:
    # A list has two in each row, and few different ones.
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": colour})


def show_choice(choices: type[TextChoices], value: str) -> str:
    """A choice in the reader's language; one of another release as it is. Django's own way
    translates all choices for each row of a list."""
    try:
        return str(choices(value).label)
    except ValueError:
        return value


def show_mode(livemode: bool) -> SafeString:
    """Test money should never be taken for real."""
    return show_label(_("live"), "success") if livemode else show_label(_("test"), "warning")


def show_two(first: Any, second: Any) -> SafeString:
    """Two values in one cell, the second smaller and below."""
    return format_html(
        '<span class="lomi-two"><span>{}</span><span class="lomi-faint">{}</span></span>',
        first,
        second,
    )


def show_code(text: str) -> SafeString:
    """A word for programs: searched for exactly, translated by nobody."""
    return format_html("<code>{}</code>", text)


def show_long(text: str) -> SafeString:
    """A text without blanks that may break anywhere, e.g. a URL."""
    return format_html('<span class="lomi-long">{}</span>', text)


def show_lines(lines: Iterable[Any]) -> SafeString:
    """A few sentences, one a line."""
    return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines)) or mark_safe("–")


def show_block(text: str) -> SafeString:
    """Text of many lines, as it is, wrapped to the screen; a long one scrolls, by keys too."""
    return format_html(
        '<pre class="lomi-block" tabindex="0" role="group" aria-label="{}">{}</pre>',
        _("as it is"),
        text,
    )


def pretty_json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True, default=str)


def _on_one_line(text: str) -> str:
    return text.replace(" ", "\u00a0")
