"""The topic payment.contradicted is attempt.contradicted. Few rows; safe to re-run."""

from django.db import migrations


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('core', '0005_outbox_leases'),
    ]

    operations = [
        migrations.RunSQL(
            "UPDATE core_outboxmessage SET topic = 'attempt.contradicted'"
            " WHERE topic = 'payment.contradicted'",
            migrations.RunSQL.noop,
        ),
    ]
