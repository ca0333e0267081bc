from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from apps.core.work.outbox import enqueue
from apps.merchants.models import Member


def email_merchant(
    *, merchant_id: UUID, template: str, context: Mapping[str, str], now: datetime
) -> None:
    """Promise an e-mail to each member who is to be told, within the current transaction.

    Args:
        template: templates/email/<template>.fr.txt and .en.txt, the subject in the first line.
        context: for the template; an ISO instant is shown in the merchant's zone and language.
            No secret and no personal data: it is stored until it is sent.
    """
    members = Member.objects.filter(merchant_id=merchant_id, is_notified=True, user__is_active=True)
    for member_id in members.order_by("id").values_list("id", flat=True):
        # One message each: a mailbox that refuses does not make the others be told twice.
        enqueue(
            "merchants.email",
            now=now,
            member_id=str(member_id),
            template=template,
            context=json.dumps(dict(context)),
        )
