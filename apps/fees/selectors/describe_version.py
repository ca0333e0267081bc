from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.core.admin import show_money, show_time
from apps.core.money import grouped
from apps.fees.models import FeePlan, FeeReturn
from apps.fees.rules.fee_terms import FeeTerms, terms_from_json, terms_of
from apps.fees.rules.simulation import SimulatedLine, simulation_from_json
from apps.fees.rules.words import how_much, returns_in_words, what_for


def describe_version(payload: Mapping[str, Any]) -> list[str]:
    """The plan, when the version begins, its lines beside those that it replaces, and what its
    simulation came to."""
    plan = FeePlan.objects.get(pk=UUID(payload["plan_id"]))
    told = [_("Plan: %(plan)s") % {"plan": plan.name}, when(payload)]
    if plan.provider_account_id:
        account = _("What the provider charges us on %(account)s")
        told.insert(1, account % {"account": plan.provider_account})
    told += version_lines(plan, payload)
    rows = simulation_from_json(payload["simulation"])
    if plan.provider_account_id:
        # What the release before asked for was tried on nothing.
        since = payload.get("simulated_since")
        told.append(
            _("Tried on its reports since %(day)s") % {"day": since}
            if since
            else _("There is no report to try it on.")
        )
    elif not rows:
        told.append(_("Its merchants had nothing that is charged in the last 30 days."))
    return told + [_simulated(row) for row in rows]


def version_lines(plan: FeePlan, payload: Mapping[str, Any]) -> list[str]:
    """What is asked for, beside the version that it follows."""
    before = plan.versions.filter(number=payload["after_number"]).first()
    asked = [terms_from_json(line, plan_currency=plan.currency) for line in payload["lines"]]
    after = in_words(plan, asked, payload.get("fee_return", FeeReturn.NONE))
    if before is None:
        return after
    replaced = [terms_of(line, plan_currency=plan.currency) for line in before.lines.order_by("id")]
    return compared_lines(in_words(plan, replaced, before.fee_return), after)


def in_words(plan: FeePlan, lines: Sequence[FeeTerms], fee_return: str) -> list[str]:
    """The lines of a version, each with its number, and what refunds give back."""
    told = [f"{n}. {what_for(line)}: {how_much(line)}" for n, line in enumerate(lines, 1)]
    return told if plan.provider_account_id else [*told, returns_in_words(fee_return)]


def when(payload: Mapping[str, Any]) -> str:
    """When it begins, and what follows of it where that is past."""
    valid_from = payload["valid_from"]
    if not valid_from:
        return _("Begins as soon as it is approved")
    moment = show_time(datetime.fromisoformat(valid_from))
    if payload.get("is_dated_back"):
        text = _("Begins %(when)s, in the past: reports since then are compared again")
        return text % {"when": moment}
    return _("Begins %(when)s") % {"when": moment}


def _simulated(row: SimulatedLine) -> str:
    words = {
        "number": row.number,
        "mode": _("live") if row.livemode else _("test"),
        "count": grouped(row.count),
        "before": show_money(row.before, row.currency),
        "after": show_money(row.after, row.currency),
    }
    if row.is_return:
        text = _(
            "Given back by refunds (%(mode)s): of %(count)s payments, %(before)s until now, then"
            " %(after)s"
        )
        return text % words
    if row.is_refused:
        return _("Refused for want of a parity (%(mode)s): %(count)s times") % words
    if not row.number:
        text = _("No line (%(mode)s): %(count)s times, %(before)s until now, then nothing")
        return text % words
    text = _("Line %(number)s (%(mode)s): %(count)s times, %(before)s until now, then %(after)s")
    return text % words
