from __future__ import annotations

from apps.core.errors import DomainError
from apps.merchants.caller import Caller
from apps.merchants.ownership import find_own
from apps.webhooks.models import Endpoint


class EndpointNotFound(DomainError):
    code = "webhook_endpoint_not_found"
    status = 404
    title = "There is no such webhook endpoint."


def find_endpoint(public_id: str, *, caller: Caller) -> Endpoint:
    """The caller's endpoint; another's, or a deleted one, is not found. One query."""
    return find_own(
        Endpoint.objects.filter(deleted_at=None),
        public_id,
        prefix="we",
        caller=caller,
        not_found=EndpointNotFound,
    )
