from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.work.outbox import enqueue
from apps.providers.models import ProviderAccount
from apps.reconciliation.models import REPORT_DELAY_DAYS_MAX, Statement
from apps.reconciliation.rules.passes import plan_as_json, plan_from_json
from apps.reconciliation.selectors.matching_plan import matching_plan
from apps.reconciliation.services.import_statement import MATCH_TOPIC
from apps.reconciliation.services.save_plan import save_plan


class MatchingPlanChanged(DomainError):
    code = "matching_plan_changed"
    status = 409
    title = "The plan is not what was shown, or is so already. Look at it again."
    staff_words = _("The plan is not what was shown, or is so already. Look at it again.")


@transaction.atomic
def activate_approved_plan(
    payload: Mapping[str, Any],
    *,
    requested_by: str,
    approved_by: str,
    reason: str,
    now: datetime,
) -> None:
    """An account's reports are matched as two people agreed, from then on; those of the last days
    are matched again.

    Args:
        payload: account_id, after_number (the plan that both saw), and the plan as plan_as_json
            wrote it.

    Raises:
        MatchingPlanChanged: it is another one by now, or so already.
        MatchingPlanInvalid: it cannot be one.
    """
    terms = plan_from_json(payload)
    account = ProviderAccount.objects.select_for_update(no_key=True).get(
        pk=UUID(payload["account_id"])
    )
    before = matching_plan(account.pk)
    if before.number != payload["after_number"] or plan_as_json(before) == plan_as_json(terms):
        raise MatchingPlanChanged(account.public_id)
    number = before.number + 1
    save_plan(account_id=account.pk, terms=terms, number=number, now=now)
    for statement in _latest(account):
        enqueue(MATCH_TOPIC, now=now, statement_id=str(statement.pk))
    record(
        actor=approved_by,
        action="matching_plan.changed",
        target=account.public_id,
        detail={
            "number": number,
            **plan_as_json(terms),
            "requested_by": requested_by,
            "reason": reason,
        },
        now=now,
    )


def _latest(account: ProviderAccount) -> list[Statement]:
    """Those of the days that another delay makes missing, or no longer."""
    statements = account.statements.filter(status=Statement.Status.MATCHED)
    last = statements.order_by("-day").values_list("day", flat=True).first()
    if last is None:
        return []
    since = last - timedelta(days=REPORT_DELAY_DAYS_MAX)
    return list(statements.filter(day__gte=since).order_by("day"))
