from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.audit.services.record import record
from apps.core.public_ids import new_id
from apps.merchants.models import Member
from apps.oauth.models import Application, Grant
from apps.oauth.token_format import code_digest


@transaction.atomic
def create_code(
    *,
    application: Application,
    member: Member,
    code: str,
    redirect_uri: str,
    scope: str,
    code_challenge: str,
    now: datetime,
) -> None:
    """Keep that a member consented: `code` may be exchanged once, within a minute.

    Args:
        code: only its keyed hash is kept.
        code_challenge: S256 (RFC 7636).
    """
    Grant.objects.create(
        id=new_id(),
        application=application,
        merchant_id=member.merchant_id,
        user_id=member.user_id,
        digest=code_digest(code),
        redirect_uri=redirect_uri,
        scope=scope,
        code_challenge=code_challenge,
        expires=now + timedelta(seconds=settings.OAUTH_CODE_S),
    )
    record(
        actor=f"user:{member.user_id}",
        action="oauth.consent",
        target=application.public_id,
        detail={"merchant": member.merchant.public_id, "scope": scope},
        now=now,
    )
