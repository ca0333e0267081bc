from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.audit.services.record import record
from apps.reconciliation.models import OwnTransferRule
from apps.reconciliation.rules.rule_terms import rule_from_json
from apps.reconciliation.selectors.latest_statements import latest_statements
from apps.reconciliation.services.rematch_later import rematch_later
from apps.reconciliation.services.save_own_rule import save_own_rule


@transaction.atomic
def activate_approved_rule(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> OwnTransferRule:
    """A rule for own transfers holds as two people agreed; what is open of its two accounts is
    looked at again.

    Args:
        payload: as rule_as_json wrote it.

    Raises:
        OwnTransferRuleInvalid: see save_own_rule.
    """
    terms = rule_from_json(payload)
    rule = save_own_rule(terms=terms, now=now)
    latest = latest_statements([terms.from_account_id, terms.to_account_id])
    rematch_later((statement.pk for statement in latest), now=now)
    record(
        actor=approved_by,
        action="own_transfer_rule.added",
        target=rule.public_id,
        detail={**payload, "requested_by": requested_by, "reason": reason},
        now=now,
    )
    return rule
