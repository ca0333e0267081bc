"""A superuser at the keyboard, and another who approves what she asks for."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from apps.approvals.models import ApprovalRequest
from apps.approvals.services.decide_approval import decide_approval


def at_keyboard(user):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(user)
    return client


def superuser(name):
    return User.objects.create_superuser(name, f"{name}@lomi.example", "secret")


def approve(person, request=None):
    """The only request that waits, unless another is named."""
    request = request or ApprovalRequest.objects.get(status="pending")
    return decide_approval(
        request_id=request.pk,
        is_approved=True,
        shown_digest=bytes(request.digest),
        decided_by=person,
        now=timezone.now(),
    )
