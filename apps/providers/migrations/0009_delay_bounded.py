"""The database bounds the delay too: 90 days. Beside the traffic; can be run again."""

from django.db import migrations, models

TABLE, NAME = 'providers_provideraccount', 'provider_account_settlement_delay'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0008_orders_per_minute'),
    ]

    operations = [
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} CHECK '
            '(settlement_delay_days BETWEEN 0 AND 90) NOT VALID',
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='provideraccount',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('settlement_delay_days__range', (0, 90))),
                        name=NAME,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {NAME}', migrations.RunSQL.noop
        ),
    ]
