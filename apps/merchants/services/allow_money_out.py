from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.events import tell
from apps.merchants.granting import refuse_maker_and_checker
from apps.merchants.models import ApiKey, DelegatedObject
from apps.merchants.rules.event_types import UPDATED
from apps.merchants.scopes import MONEY_OUT
from apps.merchants.services.change_api_key import ApiKeyNotActive
from apps.merchants.services.make_key_for_merchant import LiveKeyByOne


class ApiKeyOfApplication(DomainError):
    code = "api_key_of_application"
    status = 409
    title = "An application made this API key: it may do what was consented to."


@transaction.atomic
def allow_money_out(
    *, api_key_id: UUID, actor: str, approved_by: str = "", now: datetime
) -> ApiKey:
    """From now on this key refunds and pays out too, as its merchant asked of us.

    The way to a merchant's first key that does: a credential gives only what it has. Safe to
    repeat; takes effect within a second, and is told.

    Args:
        approved_by: who agreed, another than `actor`; a key of test mode needs nobody.

    Raises:
        LiveKeyByOne: of a live key nobody else agreed.
        ApiKeyNotActive: it lives no more, or not yet.
        ApiKeyOfApplication: a consent says what it may do.
        ScopeNotGrantable: it approves payouts, and so makes none.
    """
    api_key = ApiKey.objects.with_successor().select_for_update(of=("self",)).get(pk=api_key_id)
    if api_key.livemode and approved_by in ("", actor):
        raise LiveKeyByOne
    if api_key.status(now=now) != ApiKey.Status.ACTIVE:
        raise ApiKeyNotActive(_("It is revoked, has ended, or waits to be collected."))
    if DelegatedObject.objects.filter(object_id=api_key.pk).exists():
        raise ApiKeyOfApplication(_("An application made it: a consent says what it may do."))
    before, api_key.scopes = set(api_key.scopes), sorted({*api_key.scopes, *MONEY_OUT})
    if set(api_key.scopes) == before:
        return api_key
    refuse_maker_and_checker(api_key.scopes)
    api_key.save(update_fields=["scopes"])
    record(
        actor=actor,
        action="api_key.allow_money_out",
        target=api_key.public_id,
        detail={"scopes": api_key.scopes, "approved_by": approved_by},
        now=now,
    )
    tell(api_key, UPDATED, now=now)
    return api_key
