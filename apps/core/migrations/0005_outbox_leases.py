"""A claimed message is leased by a column that stands in no index: claiming writes the row alone.

Until a process of the release before is gone it may work on what another one holds: each message
may be done twice, as after a crash.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('core', '0004_answers_are_forgotten_by_id'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxmessage',
            name='leased_until',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        # Small, and never the same for long: half of each page is kept for claims.
        migrations.RunSQL(
            'ALTER TABLE core_outboxmessage SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0)',
            'ALTER TABLE core_outboxmessage RESET (fillfactor, autovacuum_vacuum_scale_factor, autovacuum_vacuum_threshold, autovacuum_vacuum_cost_delay)',
        ),
        # A day of seven goes each day: the holes are filled before they are many.
        migrations.RunSQL(
            'ALTER TABLE core_idempotencyrecord SET (autovacuum_vacuum_scale_factor = 0.02)',
            'ALTER TABLE core_idempotencyrecord RESET (autovacuum_vacuum_scale_factor)',
        ),
    ]
