"""What a provider said against itself or us, as staff read it."""

from __future__ import annotations

from apps.orchestration.admin.timeline import own_text
from apps.orchestration.models import Attempt
from apps.orchestration.rules.notes import shown_note
from apps.orchestration.rules.owners import owner_of
from apps.vault.encryption import DecryptionFailed, EncryptionKeyMissing


def shown_contradiction(attempt: Attempt) -> str:
    """In the reader's language, without the number of the other party; "–" for none."""
    return own_text(shown_note(attempt.contradiction), msisdn=counterparty_of(attempt))


def counterparty_of(attempt: Attempt) -> str:
    """Whose number it is, to find it in texts and hide it there; "" when it does not open."""
    try:
        return owner_of(attempt.owner_type).counterparty(attempt.owner)
    except (DecryptionFailed, EncryptionKeyMissing):
        return ""
