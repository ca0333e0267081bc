from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.approvals.rules.compared_lines import compared_lines
from apps.approvals.selectors.replaced_version import replaced_version
from apps.core.money import Money
from apps.settlement.models import Cadence, SettlementTerms


def when_paid(terms: SettlementTerms) -> str:
    """How often and when, in words."""
    if terms.cadence == Cadence.DAILY:
        return _("Every day at %(hour)s:00") % {"hour": terms.hour}
    if terms.cadence == Cadence.WEEKLY and terms.weekday is not None:
        words = {"day": WEEKDAYS[terms.weekday], "hour": terms.hour}
        return _("Every %(day)s at %(hour)s:00") % words
    return _("As soon as there is the least amount")


def describe_terms(payload: Mapping[str, Any]) -> list[str]:
    """The merchant, when, how much at least, how and to whom; beside the terms before."""
    terms = SettlementTerms.objects.select_related("merchant").get(pk=UUID(payload["terms_id"]))
    before = replaced_version(
        terms,
        SettlementTerms.objects.filter(
            merchant=terms.merchant, livemode=terms.livemode, currency=terms.currency
        ),
    )
    told = [
        _("Merchant: %(merchant)s") % {"merchant": terms.merchant.name},
        _("Live mode") if terms.livemode else _("Test mode"),
        *compared_lines(_in_words(before) if before else [], _in_words(terms)),
    ]
    # Two payees may look alike where most of them is hidden.
    if before is not None and bytes(before.payee_index) != bytes(terms.payee_index):
        told.append(_("The payee is another than until now."))
    return told


def _in_words(terms: SettlementTerms) -> list[str]:
    return [
        when_paid(terms),
        _("Least amount: %(amount)s") % {"amount": Money(terms.amount_min, terms.currency)},
        f"{terms.get_paid_by_display()}, {terms.payee_masked}",
    ]
