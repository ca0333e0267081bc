from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.api_key_format import SHOWN_LENGTH, digest_of, new_key
from apps.merchants.events import tell
from apps.merchants.models import ApiKey
from apps.merchants.rotation_schedule import rotation_start
from apps.merchants.rules.event_types import UPDATED
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.merchants.services.make_key_for_merchant import tell_made

# Since it was agreed on: what is forgotten is asked for again.
COLLECT_HOURS = 24


class LiveKeyNotWaiting(DomainError):
    code = "live_key_not_waiting"
    status = 409
    title = "No key waits here to be collected."
    staff_words = _("No key waits here: it was shown already, or is revoked.")


class LiveKeyOfAnother(DomainError):
    code = "live_key_of_another"
    status = 403
    title = "Whoever asked for the key collects it."
    staff_words = _("Whoever asked for the key collects it.")


class LiveKeyTooLate(DomainError):
    code = "live_key_too_late"
    status = 409
    title = "The key waited too long."
    staff_words = _("It waited longer than a day: revoke it, and ask for another.")


@transaction.atomic
def collect_live_key(*, api_key_id: UUID, person: str, now: datetime) -> tuple[ApiKey, str]:
    """Make the text of a live key that two people agreed on; shown this once, to who asked for it.
    The merchant's members are told.

    Raises:
        LiveKeyNotWaiting: its text was shown, or it is revoked, or is no such key.
        LiveKeyOfAnother: somebody else asked.
        LiveKeyTooLate: it waited for COLLECT_HOURS.
        MerchantDisabled: nobody acts for it now.
    """
    api_key = ApiKey.objects.select_for_update().get(pk=api_key_id)
    if not api_key.asked_by or api_key.status(now=now) != ApiKey.Status.WAITING:
        raise LiveKeyNotWaiting
    if api_key.asked_by != person:
        raise LiveKeyOfAnother
    if now >= api_key.created_at + timedelta(hours=COLLECT_HOURS):
        raise LiveKeyTooLate
    refuse_disabled(api_key.merchant_id)
    text = new_key(kind=ApiKey.Kind(api_key.kind), livemode=api_key.livemode)
    api_key.prefix, api_key.digest = text[:SHOWN_LENGTH], digest_of(text)
    api_key.collected_at = now
    api_key.rotation_starts_at = rotation_start(
        api_key.rotate_every_days, issued_at=now, expires_at=api_key.expires_at
    )
    api_key.save(update_fields=["prefix", "digest", "collected_at", "rotation_starts_at"])
    record(actor=person, action="api_key.collect", target=api_key.public_id, now=now)
    tell(api_key, UPDATED, now=now)
    tell_made(api_key, now=now)
    return api_key, text
