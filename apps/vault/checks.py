"""Keys that cannot be read must be known before the first number has to be encrypted."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError

from apps.vault.blind_index import InvalidIndexKey, blind_index, search_index
from apps.vault.key_ring import InvalidKeyRing, KeyRing
from apps.vault.services.prove_keys import WrongKeys, prove_keys


@register(Tags.security, deploy=True)
def check_these_are_the_keys(**_: Any) -> list[CheckMessage]:
    """Against what the database knows of them, where it can be asked."""
    try:
        prove_keys()
    except WrongKeys as fault:
        return [Error(f"{fault}.", id="lomi.E023")]
    except (DatabaseError, InvalidKeyRing, InvalidIndexKey):
        # Away, or said by check_keys.
        return []
    return []


@register(Tags.security)
def check_keys(**_: Any) -> list[CheckMessage]:
    errors: list[CheckMessage] = []
    try:
        KeyRing.from_text(settings.VAULT_KEYS)
    except InvalidKeyRing as fault:
        errors.append(Error(f"VAULT_KEYS cannot be read: {fault}.", id="lomi.E020"))
    try:
        blind_index("", purpose="check")
        search_index("", purpose="check")
    except InvalidIndexKey as fault:
        errors.append(Error(f"{fault}.", id="lomi.E021"))
    if settings.VAULT_INDEX_KEY and f":{settings.VAULT_INDEX_KEY}" in settings.VAULT_KEYS:
        errors.append(Error("VAULT_INDEX_KEY is one of VAULT_KEYS, too.", id="lomi.E022"))
    return errors
