"""Of a merchant's payments a part may be kept in reserve. No row is written; can be run again."""

from django.db import migrations, models

TABLE, NAME = 'merchants_merchant', 'merchant_reserve'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0010_delay_bounded'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='reserve_basis_points',
            field=models.PositiveSmallIntegerField(db_default=0, editable=False),
        ),
        migrations.AddField(
            model_name='merchant',
            name='reserve_days',
            field=models.PositiveSmallIntegerField(db_default=0, editable=False),
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} ADD CONSTRAINT {NAME} CHECK '
            '((reserve_basis_points = 0 AND reserve_days = 0) OR '
            '(reserve_basis_points BETWEEN 1 AND 5000 AND reserve_days BETWEEN 1 AND 365)) NOT VALID',
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {NAME}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='merchant',
                    constraint=models.CheckConstraint(
                        condition=models.Q(models.Q(('reserve_basis_points', 0), ('reserve_days', 0)), models.Q(('reserve_basis_points__range', (1, 5000)), ('reserve_days__range', (1, 365))), _connector='OR'),
                        name=NAME,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {NAME}', migrations.RunSQL.noop
        ),
    ]
