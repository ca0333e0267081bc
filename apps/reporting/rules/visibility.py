"""Where a row says whose it is and of which country. config/staff_visibility.py has every list of
the admin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from django.apps import apps
from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.utils.module_loading import import_string

from apps.reporting.rules.bounds import Bounds

NOTHING = Q(pk__in=[])


class Visibility(Protocol):
    """Which rows of a model somebody sees."""

    def within(self, bounds: Sequence[Bounds]) -> Q:
        """Those that any of the bounds has. Every bound names something."""
        ...


@dataclass(frozen=True, slots=True)
class Open:
    """It says nothing of any merchant: whoever has the permission sees it."""

    def within(self, bounds: Sequence[Bounds]) -> Q:
        return Q()


@dataclass(frozen=True, slots=True)
class Hidden:
    """Of everybody at once, or of nobody that could be told: whoever is bound sees none of it."""

    def within(self, bounds: Sequence[Bounds]) -> Q:
        return NOTHING


@dataclass(frozen=True, slots=True)
class By:
    """Lookups of the merchant's id and of the country. Whoever is bound by what a row does not say
    ("") does not see it. `is_shared`: a row of no merchant is for all."""

    merchant: str = ""
    country: str = ""
    is_shared: bool = False

    def within(self, bounds: Sequence[Bounds]) -> Q:
        found = Q(**{f"{self.merchant}__isnull": True}) if self.is_shared else NOTHING
        for one in bounds:
            part = Q()
            for lookup, values in (
                (self.merchant, one.merchant_ids),
                (self.country, one.countries),
            ):
                if values is not None:
                    part &= Q(**{f"{lookup}__in": list(values)}) if lookup else NOTHING
            found |= part
        return found


@dataclass(frozen=True, slots=True)
class Of:
    """As that which it is about, by the lookup of its id, is seen; `alone`: about nothing."""

    lookup: str
    models: Sequence[str]
    alone: Visibility = Hidden()

    def within(self, bounds: Sequence[Bounds]) -> Q:
        found = Q(**{f"{self.lookup}__isnull": True}) & self.alone.within(bounds)
        for label in self.models:
            rows = apps.get_model(label)._default_manager.filter(pk=OuterRef(self.lookup))
            found |= Q(Exists(rows.filter(visibility_of(label).within(bounds))))
        return found


@cache
def _by_model() -> Mapping[str, Visibility]:
    return import_string(settings.STAFF_VISIBILITY)  # type: ignore[no-any-return]


def visibility_of(label: str) -> Visibility:
    """Of a model by its label; one that is not listed is hidden."""
    return _by_model().get(label, Hidden())
