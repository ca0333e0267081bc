from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.core.admin import show_time
from apps.fees.models import STANDING, FeePlanVersion
from apps.fees.rules.fee_terms import terms_of
from apps.fees.selectors.describe_version import in_words


def describe_taken_back(payload: Mapping[str, Any]) -> list[str]:
    """The plan, the version that would never begin, and its lines beside those that hold on."""
    version = FeePlanVersion.objects.select_related("plan").get(pk=UUID(payload["version_id"]))
    before = (
        FeePlanVersion.objects.filter(STANDING, plan=version.plan, number__lt=version.number)
        .order_by("-number")
        .first()
    )
    text = _("Version %(number)s, which begins %(when)s, never does")
    told = [
        _("Plan: %(plan)s") % {"plan": version.plan.name},
        text % {"number": version.number, "when": show_time(version.valid_from)},
    ]
    if before is None:
        return [*told, _("Nothing holds in its place."), *_lines(version)]
    told.append(_("Version %(number)s holds on.") % {"number": before.number})
    return [*told, *compared_lines(_lines(version), _lines(before))]


def _lines(version: FeePlanVersion) -> list[str]:
    plan = version.plan
    lines = version.lines.select_related("version").order_by("id")
    terms = [terms_of(line, plan_currency=plan.currency) for line in lines]
    return in_words(plan, terms, version.fee_return)
