from __future__ import annotations

from apps.payments.models import Payment
from apps.vault.encryption import encrypt
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT
from tests.factories import EndpointFactory


def make(payment: Payment) -> None:
    endpoint = EndpointFactory()
    for name in ("secret_encrypted", "previous_secret_encrypted"):
        setattr(
            endpoint, name, encrypt(f"whsec_{name}", context=SECRET_CONTEXT, row_id=endpoint.pk)
        )
    endpoint.save()
