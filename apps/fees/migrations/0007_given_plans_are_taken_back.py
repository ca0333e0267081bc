"""A plan given to a merchant that is taken back before it began ends as it begins, and another may
begin then. No row is written; can be run again. The release before writes nothing of the kind."""

from django.db import migrations, models

TABLE, DATES = 'fees_merchantfeeplan', 'merchant_fee_plan_dates'
STANDS, ONCE = 'merchant_fee_plan_stands_once', 'merchant_fee_plan_once'
OF_MERCHANT = 'merchant_fee_plan_of_merchant'
STANDING = models.Q(('valid_until__isnull', True), ('valid_until__gt', models.F('valid_from')), _connector='OR')


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('fees', '0006_versions_are_taken_back'),
    ]

    operations = [
        migrations.RunSQL(
            [
                f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {DATES}',
                f'ALTER TABLE {TABLE} ADD CONSTRAINT {DATES} CHECK '
                '(valid_until IS NULL OR valid_until >= valid_from) NOT VALID',
            ],
            [
                f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {DATES}',
                f'ALTER TABLE {TABLE} ADD CONSTRAINT {DATES} CHECK '
                '(valid_until IS NULL OR valid_until > valid_from) NOT VALID',
            ],
            state_operations=[
                migrations.RemoveConstraint(model_name='merchantfeeplan', name=DATES),
                migrations.AddConstraint(
                    model_name='merchantfeeplan',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('valid_until__isnull', True), ('valid_until__gte', models.F('valid_from')), _connector='OR'),
                        name=DATES,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} VALIDATE CONSTRAINT {DATES}', migrations.RunSQL.noop
        ),
        migrations.RunSQL(
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {OF_MERCHANT} ON {TABLE} (merchant_id, valid_from)',
            f'DROP INDEX CONCURRENTLY IF EXISTS {OF_MERCHANT}',
            state_operations=[
                migrations.AddIndex(
                    model_name='merchantfeeplan',
                    index=models.Index(fields=['merchant', 'valid_from'], name=OF_MERCHANT),
                ),
            ],
        ),
        migrations.RunSQL(
            f'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {STANDS} ON {TABLE} (merchant_id, valid_from)'
            ' WHERE (valid_until IS NULL OR valid_until > valid_from)',
            f'DROP INDEX CONCURRENTLY IF EXISTS {STANDS}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='merchantfeeplan',
                    constraint=models.UniqueConstraint(condition=STANDING, fields=('merchant', 'valid_from'), name=STANDS),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {TABLE} DROP CONSTRAINT IF EXISTS {ONCE}',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.RemoveConstraint(model_name='merchantfeeplan', name=ONCE),
            ],
        ),
    ]
