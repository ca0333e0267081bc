"""Room in each page for the versions of its rows, and vacuum before the dead are many.

Only what is written from now on has the room. Locks neither readers nor writers out.
"""

from django.db import migrations


def set_on(table, **settings):
    said = ', '.join(f'{name} = {value}' for name, value in settings.items())
    return migrations.RunSQL(
        f'ALTER TABLE {table} SET ({said})', f'ALTER TABLE {table} RESET ({", ".join(settings)})'
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0008_submissions_need_no_message'),
    ]

    operations = [
        set_on('payments_payment', fillfactor=90, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02),
        set_on('payments_attempt', fillfactor=80, autovacuum_vacuum_scale_factor=0.02, autovacuum_analyze_scale_factor=0.02),
        set_on('payments_statuschange', autovacuum_vacuum_insert_scale_factor=0.05, autovacuum_analyze_scale_factor=0.02),
        set_on('payments_metadataentry', autovacuum_vacuum_insert_scale_factor=0.05, autovacuum_analyze_scale_factor=0.02),
    ]
