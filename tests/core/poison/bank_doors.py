from __future__ import annotations

from django.utils import timezone

from apps.settlement.models import BankFile
from tests.core.poison.case import UNREADABLE, topic
from tests.settlement.rows import new_bank_file


@topic("bank_file.deliver", spoils=("content",))
def delivered(world, spoilt):
    now = timezone.now()
    file = new_bank_file(now=now, status="delivering", delivery_due_at=now)
    if spoilt:
        BankFile.objects.filter(pk=file.pk).update(content_encrypted=UNREADABLE)
    # It is not set where the bank takes it: a person's.
    return lambda: BankFile.objects.get(pk=file.pk).failure == "bank_door_unknown"
