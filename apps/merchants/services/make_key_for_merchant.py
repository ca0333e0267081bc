from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.merchants.events import tell
from apps.merchants.models import ApiKey, Merchant
from apps.merchants.rules.event_types import CREATED
from apps.merchants.selectors.refuse_disabled import refuse_disabled
from apps.merchants.services.create_api_key import create_api_key
from apps.merchants.services.email_merchant import email_merchant
from apps.merchants.services.grant_api_key import KEYS_MAX, TooManyApiKeys


class LiveKeyByOne(DomainError):
    code = "live_key_by_one"
    status = 409
    title = "Two people agree on a live key."
    staff_words = gettext_lazy("Another person than who asked for it has to approve it.")


class KeyMadeAlready(DomainError):
    code = "api_key_made_already"
    status = 409
    title = "The merchant has an active key of this name in this mode."


@transaction.atomic
def make_key_for_merchant(
    *,
    merchant_id: UUID,
    livemode: bool,
    label: str,
    allowed_addresses: Sequence[str] = (),
    rotate_every_days: int | None = None,
    actor: str,
    now: datetime,
) -> tuple[ApiKey, str]:
    """A secret key that our staff makes, as a merchant's first, in test mode; returns it with its
    text, shown this once. With it the merchant makes others by the API. Its members are told.

    Raises:
        LiveKeyByOne: of live mode, `offer_live_key` makes one.
        KeyMadeAlready: an active one of this mode is called so: somebody clicked twice.
        TooManyApiKeys: the merchant has KEYS_MAX living ones in this mode.
        MerchantDisabled: nobody acts for it now.
    """
    if livemode:
        raise LiveKeyByOne
    merchant = lock_for_key(merchant_id, livemode=livemode, label=label, now=now)
    api_key, text = create_api_key(
        merchant=merchant,
        livemode=livemode,
        label=label,
        allowed_addresses=allowed_addresses,
        rotate_every_days=rotate_every_days,
        now=now,
    )
    record(
        actor=actor,
        action="api_key.create",
        target=api_key.public_id,
        detail={"kind": api_key.kind, "scopes": sorted(api_key.scopes)},
        now=now,
    )
    tell(api_key, CREATED, now=now)
    tell_made(api_key, now=now)
    return api_key, text


def lock_for_key(merchant_id: UUID, *, livemode: bool, label: str, now: datetime) -> Merchant:
    """The merchant, locked, if one more key of this name may be made for it; raises what
    make_key_for_merchant does."""
    # One at a time: the second of two clicks finds the key of the first.
    merchant = Merchant.objects.select_for_update(no_key=True).get(pk=merchant_id)
    refuse_disabled(merchant.pk)
    living = ApiKey.objects.filter(merchant=merchant, livemode=livemode).living(now=now)
    if living.filter(label=label).exists():
        raise KeyMadeAlready(
            _("An active key is called so. Its text was shown once: revoke it, or choose a name."),
            field="label",
        )
    if living.count() >= KEYS_MAX:
        raise TooManyApiKeys(
            _("Revoke some: %(most)s in each mode is the limit.") % {"most": KEYS_MAX}
        )
    return merchant


def tell_made(api_key: ApiKey, *, now: datetime) -> None:
    """The members hear of a key whose text was shown."""
    email_merchant(
        merchant_id=api_key.merchant_id,
        template="api_key_made",
        context={"key": str(api_key), "label": api_key.label, "made_at": now.isoformat()},
        now=now,
    )
