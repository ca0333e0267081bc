from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from oauth2_provider.models import set_token_value

from apps.core.public_ids import new_id
from apps.oauth.models import AccessToken, Application, RefreshToken


@transaction.atomic
def issue_tokens(
    *,
    application: Application,
    merchant_id: UUID,
    user_id: int | None,
    scope: str,
    refresh_scope: str,
    access_token: str,
    refresh_token: str,
    family: UUID | None,
    thumbprint: str,
    now: datetime,
) -> None:
    """Keep what these texts may do; of the texts themselves only their SHA-256.

    Args:
        user_id: the member who consented; None where the program acts for its own merchant.
        scope: of the access token; `refresh_scope` is what may be asked for when refreshing.
        refresh_token: "" for none.
        family: the grant they come from; None without one, then there is nothing to refresh.
        thumbprint: of the certificate they are bound to, "" for none.
    """
    access = AccessToken(
        id=new_id(),
        application=application,
        merchant_id=merchant_id,
        livemode=application.livemode,
        user_id=user_id,
        scope=scope,
        thumbprint=thumbprint,
        token_family=family,
        expires=now + timedelta(seconds=settings.OAUTH_ACCESS_TOKEN_S),
        created_at=now,
    )
    set_token_value(access, access_token)
    access.save(force_insert=True)
    if not refresh_token:
        return
    refresh = RefreshToken(
        id=new_id(),
        application=application,
        merchant_id=merchant_id,
        livemode=application.livemode,
        user_id=user_id,
        scope=refresh_scope,
        token_family=family,
        expires_at=now + timedelta(seconds=settings.OAUTH_REFRESH_TOKEN_S),
        created_at=now,
    )
    set_token_value(refresh, refresh_token)
    refresh.save(force_insert=True)
