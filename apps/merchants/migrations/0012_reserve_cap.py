"""A merchant's reserve may have a cap. No row is written; can be run again."""

from django.db import migrations, models

TABLE, NAME = 'merchants_merchant', 'merchant_reserve_cap'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0011_reserve'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='reserve_cap',
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} CHECK (reserve_cap IS NULL OR '
            '(reserve_cap BETWEEN 1 AND 1000000000000 AND reserve_basis_points > 0)) NOT VALID',
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='merchant',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('reserve_cap', None), models.Q(('reserve_basis_points__gt', 0), ('reserve_cap__range', (1, 1000000000000))), _connector='OR'),
                        name=NAME,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {NAME}', migrations.RunSQL.noop
        ),
    ]
