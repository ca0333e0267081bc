"""What django-allauth asks of us."""

from __future__ import annotations

import base64
import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, User
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.core.client_address import client_address
from apps.sign_in import sessions
from apps.vault.encryption import decrypt, encrypt

SECRET_CONTEXT = "mfa_authenticator.data"  # noqa: S105 (a column)


def encrypt_secret(text: str, *, own_id: uuid.UUID) -> str:
    encrypted = encrypt(text, context=SECRET_CONTEXT, row_id=own_id)
    return base64.b64encode(own_id.bytes + encrypted).decode()


def split_secret(encrypted_text: str) -> tuple[uuid.UUID, bytes]:
    """Its own id and what was encrypted for it."""
    data = base64.b64decode(encrypted_text)
    return uuid.UUID(bytes=data[:16]), data[16:]


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def post_login(
        self, request: HttpRequest, user: User, *, redirect_url: str | None, **more: Any
    ) -> HttpResponse:
        address = redirect_url or reverse("login")
        if sessions.is_whole(request, user):
            return HttpResponseRedirect(address)
        request.session[sessions.ENROLLING_FOR] = address
        return HttpResponseRedirect(reverse("mfa_index"))

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        return not sessions.is_proved(context.request)

    def get_client_ip(self, request: HttpRequest) -> str:
        return str(client_address(request) or sessions.NO_ADDRESS)

    def add_message(self, *args: Any, **more: Any) -> None:
        """Our pages say themselves what was done."""

    def send_notification_mail(self, *args: Any, **more: Any) -> None:
        """The audit trail knows; not everybody has an address."""


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        # Its row has no id yet: each secret is encrypted for one of its own, kept beside it.
        return encrypt_secret(text, own_id=uuid.uuid4())

    def decrypt(self, encrypted_text: str) -> str:
        own_id, encrypted = split_secret(encrypted_text)
        return decrypt(encrypted, context=SECRET_CONTEXT, row_id=own_id)

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Where a second factor is asked for, the last one stays until there is another."""
        user: User = authenticator.user
        others = (
            Authenticator.objects.filter(user=user)
            .exclude(pk=authenticator.pk)
            .exclude(type=Authenticator.Type.RECOVERY_CODES)
        )
        return not sessions.needs_second_factor(user) or others.exists()

    def _get_user_identifier(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def _get_site_name(self) -> str:
        return str(settings.MFA_TOTP_ISSUER)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        if settings.PASSKEY_DOMAIN:
            entity["id"] = settings.PASSKEY_DOMAIN
        return entity
