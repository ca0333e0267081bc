"""What the audit trail hears of people's coming and going."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa import signals as second_factor
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model, signals
from django.contrib.auth.models import User
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from apps.audit.services.record import record
from apps.core.client_address import client_address
from apps.sign_in import sessions
from apps.sign_in.limits import network_index

NAME_LENGTH_MAX = 150


def record_failure(user: User | None, *, how: str) -> None:
    """A wrong password, code or passkey. What was typed is not told: it may be a password."""
    _record("user.sign_in_failed", user, {"how": how, "network": _network(context.request)})


@receiver(signals.user_logged_in)
def _signed_in(*, request: HttpRequest, user: User, **_more: Any) -> None:
    sessions.begin(request, user)
    _record("user.sign_in", user, {"network": _network(request)})


@receiver(signals.user_logged_out)
def _signed_out(*, request: HttpRequest, user: User | None, **_more: Any) -> None:
    if user is not None:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        _record("user.sign_out", user, {})


@receiver(signals.user_login_failed)
def _failed(*, credentials: dict[str, Any], request: HttpRequest | None, **_more: Any) -> None:
    name = str(credentials.get("username", ""))[:NAME_LENGTH_MAX].replace("\0", "")
    # Looked up whether it exists or not: the time must not tell.
    user = get_user_model().objects.filter(username=name).first()
    detail = {"how": "password", "network": _network(request)}
    _record("user.sign_in_failed", user, detail)


@receiver(second_factor.authenticator_added)
def _added(*, request: HttpRequest, user: User, authenticator: Authenticator, **_m: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        # Adding it proved that she has it.
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
    _record("user.add_second_factor", user, {"type": authenticator.type})


@receiver(second_factor.authenticator_reset)
def _reset(*, user: User, authenticator: Authenticator, **_more: Any) -> None:
    _record("user.add_second_factor", user, {"type": authenticator.type})


@receiver(second_factor.authenticator_removed)
def _removed(*, user: User, authenticator: Authenticator, **_more: Any) -> None:
    _record("user.remove_second_factor", user, {"type": authenticator.type})


def _network(request: HttpRequest | None) -> str:
    return network_index(client_address(request) if request is not None else None)


def _record(action: str, user: Any, detail: dict[str, Any]) -> None:
    name = f"user:{user.pk}" if user is not None else ""
    # Whoever failed is not known to be the owner of the name.
    actor = "system" if action == "user.sign_in_failed" else name
    record(actor=actor, action=action, target=name, detail=detail, now=timezone.now())
