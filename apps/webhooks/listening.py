"""Whether an endpoint can be sent anything at the moment."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.core.errors import DomainError
from apps.webhooks.models import Endpoint


class EndpointNotListening(DomainError):
    code = "webhook_endpoint_not_listening"
    status = 409
    title = "The webhook endpoint is sent nothing at the moment."
    staff_words = _("The webhook endpoint is sent nothing at the moment.")


def check_listening(endpoint: Endpoint) -> None:
    """
    Raises:
        EndpointNotListening: it is deleted, switched off or paused.
    """
    if endpoint.deleted_at is not None:
        raise EndpointNotListening("It was deleted.")
    if not endpoint.is_enabled:
        raise EndpointNotListening("Switch it on first: is_enabled.")
    if endpoint.paused_at is not None:
        raise EndpointNotListening("Resume it first: what waits for it is sent then.")
