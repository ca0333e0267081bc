from __future__ import annotations

from django.utils import timezone

from apps.core.public_ids import new_id
from apps.monitoring.models import AlertChannel, Incident, Notification
from apps.monitoring.services.save_channel import save_channel
from tests.core.poison.case import UNREADABLE, enqueue, topic


@topic("monitoring.notify", spoils=("address",), keys=("notification_id",))
def notified(world, spoilt):
    now = timezone.now()
    channel = AlertChannel(name=f"night {new_id()}", created_at=now)
    address = world.receiver.url.replace("http://", "json://")
    save_channel(channel, address=address, actor="system", now=now)
    if spoilt:
        AlertChannel.objects.filter(pk=channel.pk).update(address_encrypted=UNREADABLE)
    incident = Incident.objects.create(
        key=str(new_id()),
        rule="stuck_work",
        severity="warning",
        first_seen_at=now,
        last_seen_at=now,
        opened_at=now,
    )
    told = Notification.objects.create(
        incident=incident, channel=channel, step="opened", created_at=now
    )
    enqueue("monitoring.notify", notification_id=str(told.pk))
    return lambda: Notification.objects.get(pk=told.pk).status == Notification.Status.SENT
