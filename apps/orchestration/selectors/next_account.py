from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.providers.selectors.accounts import account_by_id

# An owner is offered to providers at most this often, and only after "not sent".
ATTEMPTS_MAX = 4
# Seconds before the n-th further attempt.
RETRY_DELAYS_S = (2, 5, 15)


def next_account(
    candidates: Sequence[Mapping[str, str]], attempts: Sequence[Attempt]
) -> ProviderAccount | None:
    """Where to try again after the latest attempt was not sent: the next candidate, in turn, or
    None to give up. `attempts` are all of the owner's, oldest first."""
    if len(attempts) >= ATTEMPTS_MAX or any(
        attempt.needs_person or attempt.contradiction for attempt in attempts
    ):
        # A provider that knows of an attempt we closed may have moved the money, and still may.
        return None
    tried = [attempt.provider_account_id for attempt in attempts]
    kept = [
        account_by_id(UUID(candidate["account"]))
        for candidate in candidates
        if candidate["reason"] == "kept"
    ]
    usable = [account for account in kept if account is not None and account.is_active]
    if attempts[-1].failure_code:
        # This account refuses for a reason that lasts.
        usable = [account for account in usable if account.pk not in tried]
    return min(usable, key=lambda account: tried.count(account.pk), default=None)
