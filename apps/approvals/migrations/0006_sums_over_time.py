"""Rules ask about the sum of what left within some hours. A process of the release before inserts
rows without the columns: the database fills them. Can be run again."""

from django.db import migrations, models

RULE, SUM = 'approvals_approvalrule', 'approval_rule_sum_in_hours'


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('approvals', '0005_payouts_and_refunds_wait'),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {RULE} ADD COLUMN IF NOT EXISTS sum_of varchar(8) DEFAULT '' NOT NULL",
            f'ALTER TABLE {RULE} DROP COLUMN IF EXISTS sum_of',
            state_operations=[
                migrations.AddField(
                    model_name='approvalrule',
                    name='sum_of',
                    field=models.CharField(blank=True, choices=[('payee', 'one payee of the merchant'), ('merchant', 'all of the merchant')], db_default='', default='', max_length=8, verbose_name='sum of'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {RULE} ADD COLUMN IF NOT EXISTS sum_hours smallint NULL CHECK (sum_hours >= 0)',
            f'ALTER TABLE {RULE} DROP COLUMN IF EXISTS sum_hours',
            state_operations=[
                migrations.AddField(
                    model_name='approvalrule',
                    name='sum_hours',
                    field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='within hours'),
                ),
            ],
        ),
        migrations.RunSQL(f'ALTER TABLE {RULE} DROP CONSTRAINT IF EXISTS {SUM}', migrations.RunSQL.noop),
        migrations.RunSQL(
            f'ALTER TABLE {RULE} ADD CONSTRAINT {SUM} CHECK '
            "(sum_of = '' AND sum_hours IS NULL"
            " OR sum_of <> '' AND sum_hours >= 1 AND sum_hours IS NOT NULL AND amount_min IS NOT NULL)"
            ' NOT VALID',
            f'ALTER TABLE {RULE} DROP CONSTRAINT IF EXISTS {SUM}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='approvalrule',
                    constraint=models.CheckConstraint(
                        condition=models.Q(sum_of='', sum_hours=None)
                        | (
                            ~models.Q(sum_of='')
                            & models.Q(sum_hours__gte=1, amount_min__isnull=False)
                        ),
                        name=SUM,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(f'ALTER TABLE {RULE} VALIDATE CONSTRAINT {SUM}', migrations.RunSQL.noop),
    ]
