from __future__ import annotations

from apps.orchestration.models import Attempt
from apps.providers.models import ProviderAccount
from apps.providers.registry import credentials_fingerprint


def has_credentials_of(account: ProviderAccount, attempt: Attempt) -> bool:
    """Whether the account still has the credentials this attempt was sent with: under others the
    provider may not know of it. True where they were not noted."""
    sent_with = attempt.credentials_fingerprint
    return not sent_with or bytes(sent_with) == credentials_fingerprint(account)
