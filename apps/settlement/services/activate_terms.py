from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.approvals.selectors.latest_version import latest_version
from apps.approvals.services.approve_version import approve_version
from apps.approvals.services.lock_draft import lock_draft
from apps.audit.services.record import record
from apps.core.work.outbox import wake_on_commit
from apps.merchants.models import Merchant
from apps.merchants.services.email_merchant import email_merchant
from apps.settlement.due_work import CLOSE
from apps.settlement.models import SettlementCycle, SettlementTerms
from apps.settlement.rules.agreed_terms import agreed_terms
from apps.settlement.rules.next_close import next_close
from apps.settlement.rules.refusals import SettlementTermsChanged
from apps.settlement.rules.terms_digest import terms_digest
from apps.settlement.selectors.terms_in_force import terms_in_force

# Whoever took over an account changes the payee first: in this time its owner, who is told, can
# object.
COOLING = timedelta(hours=48)


@transaction.atomic
def activate_terms(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> SettlementTerms:
    """Terms that two people agreed on hold from now on; with another payee than before, after 48
    hours. Until then the ones before do. Terms with the payee that is paid now hold at once, and
    end a change that was to come.

    Args:
        payload: terms_id, and the digest of what both saw.

    Raises:
        SettlementTermsChanged: they are not what was shown, hold already, or others came meanwhile.
    """
    refusal = SettlementTermsChanged(payload["terms_id"])
    terms = lock_draft(
        SettlementTerms,
        payload["terms_id"],
        digest_of=terms_digest,
        shown_digest=payload["digest"],
        approved_by=approved_by,
        refusal=refusal,
    )
    # In turn, whoever approves what for this merchant; not in the way of rows that refer to it: a
    # closing writes such, and this waits for it below.
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=terms.merchant_id)
    its_own: dict[str, Any] = {
        "merchant": merchant,
        "livemode": terms.livemode,
        "currency": terms.currency,
    }
    last = latest_version(SettlementTerms.objects.filter(**its_own))
    begins = _valid_from(terms, last, now=now)
    approve_version(terms, last=last, approved_by=approved_by, valid_from=begins, refusal=refusal)
    cycle, is_new = SettlementCycle.objects.select_for_update().get_or_create(**its_own)
    if is_new or cycle.due_at is None or begins <= now:
        cycle.due_at = next_close(terms, zone=merchant.timezone, now=now)
        cycle.save(update_fields=["due_at"])
        wake_on_commit(CLOSE)
    if terms.livemode and begins > now:
        email_merchant(
            merchant_id=merchant.pk,
            template="settlement_payee_changed",
            context={"valid_from": begins.isoformat(), "currency": terms.currency},
            now=now,
        )
    record(
        actor=approved_by,
        action="settlement_terms.activated",
        target=merchant.public_id,
        detail={
            "id": terms.public_id,
            "version": terms.number,
            "valid_from": begins.isoformat(),
            "requested_by": requested_by,
            "reason": reason,
            "agreed": agreed_terms(terms),
        },
        now=now,
    )
    return terms


def _valid_from(terms: SettlementTerms, last: SettlementTerms | None, *, now: datetime) -> datetime:
    if last is None or last.valid_from is None:
        return now
    before = terms_in_force(
        merchant_id=terms.merchant_id, livemode=terms.livemode, currency=terms.currency, now=now
    )
    payee = bytes(terms.payee_index)
    if before is not None and payee == bytes(before.payee_index):
        return now
    # One that cools already does not begin anew.
    return max(now, last.valid_from) if payee == bytes(last.payee_index) else now + COOLING
