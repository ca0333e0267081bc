from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.admin import show_money, show_time
from apps.core.money import grouped
from apps.fees.models import FeePlan, FeeReturn
from apps.fees.rules.fee_terms import terms_from_json
from apps.fees.rules.simulation import SimulatedLine, simulation_from_json
from apps.fees.rules.words import how_much, returns_in_words, what_for


def describe_version(payload: Mapping[str, Any]) -> list[str]:
    """The plan, when the version begins, its lines, and what its simulation came to."""
    plan = FeePlan.objects.get(pk=UUID(payload["plan_id"]))
    told = [_("Plan: %(plan)s") % {"plan": plan.name}, when(payload["valid_from"])]
    for number, line in enumerate(payload["lines"], 1):
        terms = terms_from_json(line, plan_currency=plan.currency)
        told.append(f"{number}. {what_for(terms)}: {how_much(terms)}")
    if plan.provider_account_id:
        account = _("What the provider charges us on %(account)s")
        return [told[0], account % {"account": plan.provider_account}, *told[1:]]
    told.append(returns_in_words(payload.get("fee_return", FeeReturn.NONE)))
    rows = simulation_from_json(payload["simulation"])
    told += [_simulated(row) for row in rows]
    if not rows:
        told.append(_("Its merchants had nothing that is charged in the last 30 days."))
    return told


def when(valid_from: str) -> str:
    if not valid_from:
        return _("Begins as soon as it is approved")
    moment = show_time(datetime.fromisoformat(valid_from))
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
