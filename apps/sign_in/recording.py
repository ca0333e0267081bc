"""What the audit trail hears of people's coming and going."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth import get_user_model, signals
from django.contrib.auth.models import User
from django.db.models.signals import post_delete, post_save
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
    # Whoever failed is not known to be the owner of the name.
    detail = {"how": how, "network": _network(context.request)}
    _record("user.sign_in_failed", user, detail, actor="system")


@receiver(signals.user_logged_in)
def _signed_in(*, request: HttpRequest, user: User, **_more: Any) -> None:
    sessions.begin(request, user)
    _record("user.sign_in", user, {"network": _network(request)}, actor=f"user:{user.pk}")


@receiver(signals.user_logged_out)
def _signed_out(*, request: HttpRequest, user: User | None, **_more: Any) -> None:
    if user is not None:
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        _record("user.sign_out", user, {}, actor=f"user:{user.pk}")


@receiver(signals.user_login_failed)
def _failed(*, credentials: dict[str, Any], request: HttpRequest | None, **_more: Any) -> None:
    name = str(credentials.get("username", ""))[:NAME_LENGTH_MAX].replace("\0", "")
    # Looked up whether it exists or not: the time must not tell.
    user = get_user_model().objects.filter(username=name).first()
    detail = {"how": "password", "network": _network(request)}
    _record("user.sign_in_failed", user, detail, actor="system")


@receiver(post_save, sender=Authenticator)
def _added(*, instance: Authenticator, created: bool, **_more: Any) -> None:
    if not created:
        return
    request = context.request
    is_own = request is not None and request.user.pk == instance.user_id
    if is_own and instance.type != Authenticator.Type.RECOVERY_CODES:
        # Adding it proved that she has it.
        record_authentication(request, instance.user, "mfa", id=instance.pk, type=instance.type)
    _record("user.add_second_factor", instance.user, {"type": instance.type})


@receiver(post_delete, sender=Authenticator)
def _removed(*, instance: Authenticator, **_more: Any) -> None:
    _record("user.remove_second_factor", instance.user, {"type": instance.type})


def _network(request: HttpRequest | None) -> str:
    return network_index(client_address(request) if request is not None else None)


def _record(action: str, user: Any, detail: dict[str, Any], *, actor: str = "") -> None:
    """Within the transaction of what is told; by who is signed in, or else by the platform."""
    request = context.request
    if not actor:
        by = request.user.pk if request is not None and hasattr(request, "user") else None
        actor = f"user:{by}" if by is not None else "system"
    target = f"user:{user.pk}" if user is not None else ""
    record(actor=actor, action=action, target=target, detail=detail, now=timezone.now())
