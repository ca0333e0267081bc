from __future__ import annotations

from datetime import datetime
from typing import TypedDict
from uuid import UUID

from django.db import transaction

from apps.audit.services.record import record
from apps.merchants.caller import Caller
from apps.merchants.granting import check_may_change, check_may_give
from apps.oauth.models import Application
from apps.oauth.services.register_application import ApplicationUseless
from apps.oauth.services.revoke_application_tokens import revoke_application_tokens


class ApplicationChanges(TypedDict, total=False):
    """What is not there stays."""

    name: str
    redirect_uris: list[str]
    scopes: list[str]
    certificate_bound_tokens: bool
    allowed_addresses: list[str]
    is_active: bool


@transaction.atomic
def change_application(
    *, application_id: UUID, changes: ApplicationChanges, caller: Caller, now: datetime
) -> Application:
    """Change what it may ask for from now on.

    Its tokens end where they would outlive the change: when it is switched off, loses a scope, or
    has to show a certificate from now on.

    Raises:
        ScopeNotGrantable, ExpiryNotGrantable, AddressNotGrantable: it would outdo the caller.
        ApplicationUseless: it would have neither a secret nor a redirect address.
    """
    application: Application = Application.objects.select_for_update().get(pk=application_id)
    before = application.rights
    # Whoever can be sent its codes, needs no certificate, or finds it switched on, has all of it.
    is_opened = (
        (changes.get("is_active", False) and not application.is_active)
        or not set(changes.get("redirect_uris", ())) <= set(application.redirect_addresses)
        or (
            application.certificate_bound_tokens
            and not changes.get("certificate_bound_tokens", True)
        )
    )
    is_narrowed = (
        not changes.get("is_active", True)
        or not set(application.scopes) <= set(changes.get("scopes", application.scopes))
        or (changes.get("certificate_bound_tokens") and not application.certificate_bound_tokens)
    )
    for name in changes:
        if name == "redirect_uris":
            application.redirect_uris = " ".join(changes["redirect_uris"])
        else:
            setattr(application, name, changes[name])  # type: ignore[literal-required]
    if is_opened:
        check_may_give(caller, application.rights)
    else:
        check_may_change(caller, before, application.rights)
    if not application.is_confidential and not application.redirect_uris:
        raise ApplicationUseless("Leave it at least one of redirect_uris.", field="redirect_uris")
    application.save(update_fields=list(changes))
    if is_narrowed:
        revoke_application_tokens(application_id=application.pk, now=now)
    record(
        actor=caller.actor,
        action="oauth_application.change",
        target=application.public_id,
        detail=dict(changes),
        now=now,
    )
    return application
