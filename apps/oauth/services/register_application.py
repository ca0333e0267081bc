from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.audit.services.record import record
from apps.core.errors import DomainError
from apps.core.public_ids import encode_id, new_id
from apps.merchants.caller import Caller
from apps.merchants.granting import check_may_give
from apps.merchants.models import Merchant
from apps.merchants.rights import Rights
from apps.oauth.models import Application
from apps.oauth.token_format import CLIENT_SECRET, new_text, secret_digest

# Of one merchant in one mode.
APPLICATIONS_MAX = 50


class TooManyApplications(DomainError):
    code = "too_many_oauth_applications"
    status = 422
    title = "There are too many OAuth applications."


class ApplicationUseless(DomainError):
    code = "oauth_application_useless"
    status = 422
    title = "Such an application could never get a token."


@transaction.atomic
def register_application(
    *,
    caller: Caller,
    name: str,
    scopes: Sequence[str],
    redirect_uris: Sequence[str] = (),
    is_confidential: bool = True,
    certificate_bound_tokens: bool = False,
    allowed_addresses: Sequence[str] = (),
    now: datetime,
) -> tuple[Application, str]:
    """An application of the caller's merchant and mode; returns it with its secret, shown once.

    Args:
        scopes: the most its tokens may do.
        redirect_uris: where people are sent back to, letter by letter; none: it cannot ask people.
        allowed_addresses: networks in CIDR notation; none means from everywhere.
        is_confidential: it keeps a secret, and may get tokens for its own merchant. Otherwise the
            secret returned is "".

    Raises:
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: it would outdo the caller.
        ApplicationUseless: neither a secret nor a redirect address.
        TooManyApplications: the merchant has APPLICATIONS_MAX in this mode.
    """
    check_may_give(caller, Rights(scopes, allowed_addresses))
    if not is_confidential and not redirect_uris:
        raise ApplicationUseless("Send redirect_uris, or let it keep a secret.")
    # One at a time, so that the limit holds.
    Merchant.objects.select_for_update(no_key=True).get(pk=caller.merchant.pk)
    mine = Application.objects.filter(
        merchant=caller.merchant, livemode=caller.livemode, deleted_at=None
    )
    if mine.count() >= APPLICATIONS_MAX:
        raise TooManyApplications(f"Delete some: {APPLICATIONS_MAX} in each mode is the limit.")
    secret = new_text(CLIENT_SECRET) if is_confidential else ""
    kind = Application.CLIENT_CONFIDENTIAL if is_confidential else Application.CLIENT_PUBLIC
    application_id = new_id()
    application = Application.objects.create(
        id=application_id,
        merchant=caller.merchant,
        livemode=caller.livemode,
        name=name,
        client_id=encode_id("lomi_app", application_id),
        client_type=kind,
        client_secret=secret_digest(secret) if secret else "",
        redirect_uris=" ".join(redirect_uris),
        scopes=list(scopes),
        certificate_bound_tokens=certificate_bound_tokens,
        allowed_addresses=list(allowed_addresses),
        created_at=now,
    )
    record(
        actor=caller.actor,
        action="oauth_application.create",
        target=application.public_id,
        detail={"scopes": list(scopes), "redirect_uris": list(redirect_uris)},
        now=now,
    )
    return application, secret
