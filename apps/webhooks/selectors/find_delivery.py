from __future__ import annotations

from apps.core.errors import DomainError
from apps.core.public_ids import InvalidPublicId, decode_id
from apps.webhooks.models import Delivery, Endpoint


class DeliveryNotFound(DomainError):
    code = "webhook_delivery_not_found"
    status = 404
    title = "There is no such delivery."


def find_delivery(public_id: str, *, endpoint: Endpoint) -> Delivery:
    """A delivery to this endpoint, with its event but for the body. One query."""
    try:
        delivery_id = decode_id("wd", public_id)
    except InvalidPublicId:
        raise DeliveryNotFound("Such an id is wd_ and 26 characters.") from None
    rows = Delivery.objects.select_related("event").defer("event__body")
    found = rows.filter(pk=delivery_id, endpoint=endpoint).first()
    if found is None:
        raise DeliveryNotFound("Check the id: this endpoint has no such delivery.")
    found.endpoint = endpoint
    return found
