"""A version that is taken back before it began ends as it begins. No row is written; can be run
again."""

from django.db import migrations, models

TABLE, NAME = 'fees_feeplanversion', 'fee_version_dates'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('fees', '0005_contracts_of_providers'),
    ]

    operations = [
        migrations.RunSQL(
            [
                f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}',
                f'ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} CHECK '
                '(valid_until IS NULL OR valid_until >= valid_from) NOT VALID',
            ],
            [
                f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}',
                f'ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} CHECK '
                '(valid_until IS NULL OR valid_until > valid_from) NOT VALID',
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name='feeplanversion', name=NAME),
                migrations.AddConstraint(
                    model_name='feeplanversion',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'),
                        name=NAME,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {NAME}', migrations.RunSQL.noop
        ),
    ]
