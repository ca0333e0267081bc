from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from apps.reporting.rules.visibility import visibility_of
from apps.reporting.selectors.bounds_of import bounds_of


def visible_rows(user: Any, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of these rows, those that the roles of a member of staff show: see StaffScope. Two queries
    for each `user` object, none for a superuser."""
    known = user.__dict__.get("bounds_read") or bounds_of(user)
    user.__dict__["bounds_read"] = known
    if any(one.countries is None and one.merchant_ids is None for one in known):
        return rows
    return rows.filter(visibility_of(rows.model._meta.label).within(known))
