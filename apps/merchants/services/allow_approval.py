from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.events import tell
from apps.merchants.models import ApiKey, DelegatedObject
from apps.merchants.rules.event_types import UPDATED
from apps.merchants.scopes import APPROVED_BY_OTHERS, PAYOUTS_APPROVE, PAYOUTS_READ
from apps.merchants.services.allow_money_out import ApiKeyOfApplication
from apps.merchants.services.change_api_key import ApiKeyNotActive
from apps.merchants.services.make_key_for_merchant import LiveKeyByOne


class ApiKeyMakesPayouts(DomainError):
    code = "api_key_makes_payouts"
    status = 409
    title = "This API key makes payouts or refunds: another has to approve them."


@transaction.atomic
def allow_approval(*, api_key_id: UUID, actor: str, approved_by: str = "", now: datetime) -> ApiKey:
    """From now on this key approves batches of payouts, payouts and refunds that others made, as
    its merchant asked of us: no credential gives this. Safe to repeat; takes effect within a
    second, and is told.

    Args:
        approved_by: who agreed, another than `actor`; a key of test mode needs nobody.

    Raises:
        LiveKeyByOne: of a live key nobody else agreed.
        ApiKeyNotActive: it lives no more, or not yet.
        ApiKeyOfApplication: a consent says what it may do.
        ApiKeyMakesPayouts: who makes payouts or refunds approves none.
    """
    api_key = ApiKey.objects.with_successor().select_for_update(of=("self",)).get(pk=api_key_id)
    if api_key.livemode and approved_by in ("", actor):
        raise LiveKeyByOne
    if api_key.status(now=now) != ApiKey.Status.ACTIVE:
        raise ApiKeyNotActive(_("It is revoked, has ended, or waits to be collected."))
    if DelegatedObject.objects.filter(object_id=api_key.pk).exists():
        raise ApiKeyOfApplication(_("An application made it: a consent says what it may do."))
    if PAYOUTS_APPROVE in api_key.scopes:
        return api_key
    if APPROVED_BY_OTHERS.intersection(api_key.scopes):
        raise ApiKeyMakesPayouts(_("It makes payouts or refunds: another key has to approve them."))
    api_key.scopes = sorted({*api_key.scopes, PAYOUTS_APPROVE, PAYOUTS_READ})
    api_key.save(update_fields=["scopes"])
    record(
        actor=actor,
        action="api_key.allow_approval",
        target=api_key.public_id,
        detail={"scopes": api_key.scopes, "approved_by": approved_by},
        now=now,
    )
    tell(api_key, UPDATED, now=now)
    return api_key
