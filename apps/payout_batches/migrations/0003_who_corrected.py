"""Who corrected a line does not confirm its payee. Beside the traffic; can be run again. Processes of
the release before insert checks without the column: the database fills it."""

from django.db import migrations, models

BY_ANOTHER = 'name_check_confirmed_by_another'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payout_batches', '0002_name_checks'),
    ]

    operations = [
        migrations.AddField(
            model_name='namecheck',
            name='corrected_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='corrected by'),
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_namecheck DROP CONSTRAINT IF EXISTS {BY_ANOTHER}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_namecheck ADD CONSTRAINT {BY_ANOTHER} CHECK '
            "(confirmed_by = '' OR confirmed_by <> corrected_by) NOT VALID",
            f'ALTER TABLE payout_batches_namecheck DROP CONSTRAINT IF EXISTS {BY_ANOTHER}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='namecheck',
                    constraint=models.CheckConstraint(
                        condition=models.Q(
                            ('confirmed_by', ''),
                            models.Q(('confirmed_by', models.F('corrected_by')), _negated=True),
                            _connector='OR',
                        ),
                        name=BY_ANOTHER,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE payout_batches_namecheck VALIDATE CONSTRAINT {BY_ANOTHER}',
            migrations.RunSQL.noop,
        ),
    ]
