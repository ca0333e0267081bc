"""Claims of endpoints that are in no database, and what the last look before sending finds."""

from __future__ import annotations

from apps.core.public_ids import new_id
from apps.vault.encryption import encrypt
from apps.webhooks.selectors.find_sendable import Sendable
from apps.webhooks.services.claim_deliveries import ClaimedDelivery
from apps.webhooks.services.deliver_webhook import SECRET_CONTEXT
from apps.webhooks.signing import new_secret

# By the delivery's id.
SENDABLE: dict[object, Sendable] = {}


def make_claim(url, *, livemode=False, previous_secret=None, body="{}"):
    """A claim and the secret that signs it; sent as long as SENDABLE has it."""
    endpoint_id, secret = new_id(), new_secret()
    claimed = ClaimedDelivery(
        id=new_id(),
        event_id=new_id(),
        merchant_id=new_id(),
        endpoint_id=endpoint_id,
        tries=1,
        claim_number=1,
        is_backlog=False,
        probe_until=None,
        url=url,
        livemode=livemode,
        life=1,
        failing_since=None,
        body=body,
        object_id=new_id(),
    )
    encrypted, previous = (
        encrypt(one, context=SECRET_CONTEXT, row_id=endpoint_id) if one else None
        for one in (secret, previous_secret)
    )
    SENDABLE[claimed.id] = Sendable(endpoint_id, encrypted, previous)
    return claimed, secret
