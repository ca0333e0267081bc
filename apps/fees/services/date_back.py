from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.utils.module_loading import import_string

from apps.fees.models import FeePlanVersion
from apps.fees.rules.begins_at import check_begin

Reckon = Callable[..., None]


def date_back(version: FeePlanVersion, *, now: datetime) -> None:
    """A provider's contract holds from a time on that is past: what was compared and counted with
    the one before is so again, in the caller's transaction.

    Raises:
        FeePlanDatedBack: too long ago.
        What refuses whoever reckons by it: see config/agreed_costs.py.
    """
    account_id = version.plan.provider_account_id
    check_begin(version.valid_from, now=now, is_contract=account_id is not None)
    reckoning: Sequence[Reckon] = import_string(settings.COST_DATED_BACK)
    for reckon in reckoning:
        reckon(account_id=account_id, since=version.valid_from, now=now)
