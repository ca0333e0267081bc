from __future__ import annotations

import json
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.json_format import instant_as_json
from apps.core.public_ids import new_id
from apps.merchants.services.email_merchant import email_merchant
from apps.webhooks.models import Endpoint
from apps.webhooks.representation import WebhookEndpointOutput
from apps.webhooks.rules.event_types import DELIVERIES_FAILED
from apps.webhooks.services.announce_event import announce_event

MAILED_EVERY = timedelta(days=1)


def tell_given_up(*, now: datetime) -> None:
    """Tell merchants of deliveries that were given up since this was last done: by an event for
    each endpoint, to their other endpoints, and by at most one e-mail a day. Safe to repeat."""
    telling = Endpoint.objects.filter(given_up__gt=0, deleted_at=None)
    for endpoint_id in telling.order_by("id").values_list("pk", flat=True):
        _announce(endpoint_id, now=now)
    to_mail = Endpoint.objects.filter(given_up_unmailed__gt=0, deleted_at=None)
    for merchant_id in sorted(set(to_mail.values_list("merchant_id", flat=True))):
        _mail(merchant_id, now=now)


@transaction.atomic
def _announce(endpoint_id: UUID, *, now: datetime) -> None:
    endpoint = Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
    if not endpoint.given_up:
        return
    count, endpoint.given_up = endpoint.given_up, 0
    endpoint.given_up_unmailed += count
    endpoint.save(update_fields=["given_up", "given_up_unmailed"])
    announce_event(
        event_id=new_id(),
        merchant_id=endpoint.merchant_id,
        livemode=endpoint.livemode,
        type=DELIVERIES_FAILED,
        object_id=endpoint.pk,
        data={
            **WebhookEndpointOutput.as_json(endpoint),
            "deliveries_failed": count,
            "failed_from": instant_as_json(endpoint.given_up_from),
        },
        # It would be given up as well.
        not_to=endpoint,
        now=now,
    )


@transaction.atomic
def _mail(merchant_id: UUID, *, now: datetime) -> None:
    own = Endpoint.objects.filter(merchant_id=merchant_id).order_by("id")
    endpoints = list(own.select_for_update(no_key=True))
    mailed = [one.given_up_mailed_at for one in endpoints if one.given_up_mailed_at]
    failed = [one for one in endpoints if one.given_up_unmailed and one.deleted_at is None]
    if not failed or (mailed and now - max(mailed) < MAILED_EVERY):
        return
    since = min(one.given_up_from for one in failed if one.given_up_from)
    email_merchant(
        merchant_id=merchant_id,
        template="webhook_deliveries_failed",
        context={
            "count": str(sum(one.given_up_unmailed for one in failed)),
            "webhook_endpoints": "\n".join(f"{one.public_id}  {one.url}" for one in failed),
            "since": since.isoformat(),
            "replay": json.dumps({"created_after": instant_as_json(since)}),
        },
        now=now,
    )
    for endpoint in failed:
        endpoint.given_up_unmailed = 0
        endpoint.given_up_from = None
        endpoint.given_up_mailed_at = now
        endpoint.save(update_fields=["given_up_unmailed", "given_up_from", "given_up_mailed_at"])
