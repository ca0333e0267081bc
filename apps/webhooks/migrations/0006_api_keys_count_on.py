"""API keys count their events themselves, from the number each has reached. Safe to run again.

A key that is told of meanwhile by a process of the release before is numbered by hand then
(apps/webhooks/services/announce_event.py).
"""

from django.db import migrations
from django.db.models import OuterRef, Subquery


def count_on(apps, schema_editor):
    ApiKey = apps.get_model("merchants", "ApiKey")
    Event = apps.get_model("webhooks", "Event")
    told = Event.objects.filter(object_id=OuterRef("pk")).order_by("-sequence").values("sequence")
    keys = ApiKey.objects.annotate(told=Subquery(told[:1])).filter(told__isnull=False)
    for key in keys.only("pk").iterator():
        ApiKey.objects.filter(pk=key.pk, event_sequence__lt=key.told).update(
            event_sequence=key.told
        )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('webhooks', '0005_events_know_their_transaction'),
        ('merchants', '0004_api_keys_count_their_events'),
    ]

    operations = [
        migrations.RunPython(count_on, migrations.RunPython.noop),
    ]
