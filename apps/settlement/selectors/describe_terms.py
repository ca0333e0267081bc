from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from apps.approvals.models import ApprovalRequest
from apps.approvals.rules.compared_lines import compared_lines
from apps.approvals.selectors.replaced_version import replaced_version
from apps.core.money import Money
from apps.settlement.models import Cadence, SettlementTerms
from apps.settlement.rules.payee import payee_of
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing


def when_paid(terms: SettlementTerms) -> str:
    """How often and when, in words."""
    if terms.cadence == Cadence.DAILY:
        return _("Every day at %(hour)s:00") % {"hour": terms.hour}
    if terms.cadence == Cadence.WEEKLY and terms.weekday is not None:
        words = {"day": WEEKDAYS[terms.weekday], "hour": terms.hour}
        return _("Every %(day)s at %(hour)s:00") % words
    return _("As soon as there is the least amount")


def describe_terms(payload: Mapping[str, Any]) -> list[str]:
    """The merchant, when, how much at least, how and to whom; beside the terms before.

    The whole account or number as long as somebody has to decide on it: she compares it with what
    the merchant signed, and two may end alike. Most of it is hidden before and after.
    """
    terms = SettlementTerms.objects.select_related("merchant").get(pk=UUID(payload["terms_id"]))
    before = replaced_version(
        terms,
        SettlementTerms.objects.filter(
            merchant=terms.merchant, livemode=terms.livemode, currency=terms.currency
        ),
    )
    is_pending = _is_pending(terms)
    told = [
        _("Merchant: %(merchant)s") % {"merchant": terms.merchant.name},
        _("Live mode") if terms.livemode else _("Test mode"),
        *compared_lines(
            _in_words(before, is_whole=is_pending) if before else [],
            _in_words(terms, is_whole=is_pending),
        ),
    ]
    # Two payees may look alike where most of them is hidden.
    if before is not None and bytes(before.payee_index) != bytes(terms.payee_index):
        told.append(_("The payee is another than until now."))
    return told


def _is_pending(terms: SettlementTerms) -> bool:
    asked = ApprovalRequest.objects.filter(
        target=terms.merchant.public_id,
        action="settlement.terms",
        status=ApprovalRequest.Status.PENDING,
    )
    return any(one["terms_id"] == str(terms.pk) for one in asked.values_list("payload", flat=True))


def _in_words(terms: SettlementTerms, *, is_whole: bool) -> list[str]:
    return [
        when_paid(terms),
        _("Least amount: %(amount)s") % {"amount": Money(terms.amount_min, terms.currency)},
        f"{terms.get_paid_by_display()}, {_payee(terms) if is_whole else terms.payee_masked}",
    ]


def _payee(terms: SettlementTerms) -> str:
    try:
        return payee_of(terms).whole
    except (DecryptionFailed, EncryptionKeyMissing):
        return terms.payee_masked
