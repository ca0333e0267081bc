from __future__ import annotations

from django.utils import timezone

from apps.day_reports.models import DayCycle, ReportSending, ReportSubscription
from apps.day_reports.services.begin_cycles import begin_cycles
from apps.merchants.models import Merchant
from tests.core.poison.case import UNREADABLE, topic
from tests.day_reports.rows import new_day, new_sending, new_subscription
from tests.factories import MerchantFactory


@topic("merchant_day.sum", spoils=("zone",))
def summed(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    world.pay(succeeded=True, merchant=merchant)
    begin_cycles(now=now)
    cycle = DayCycle.objects.filter(merchant=merchant)
    if spoilt:
        Merchant.objects.filter(pk=merchant.pk).update(timezone="Nowhere/None")
    # The day is not over: it is looked at again once it is.
    return lambda: cycle.get().due_at > timezone.now() and not cycle.get().failures


@topic("day_report.send", spoils=("credentials",))
def report_sent(world, spoilt):
    now, merchant = timezone.now(), MerchantFactory()
    subscription = new_subscription(merchant, now=now)
    if spoilt:
        ReportSubscription.objects.filter(pk=subscription.pk).update(
            credentials_encrypted=UNREADABLE
        )
    day = new_day(merchant, now=now)
    fresh = {"failures": 0, "failing_since": None, "failure": "", "files": []}
    sent = new_sending(subscription, day, now=now, way="sftp", due_at=now, **fresh)
    # Nobody answers there, which is an ordinary failure.
    return lambda: ReportSending.objects.get(pk=sent.pk).failure == "connection"
