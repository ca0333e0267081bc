"""What each provider account costs becomes the first version of its contract, from its first day on.

The column and its index come to a small table, and are written to no row. Safe to run again: every
id follows from what it is of.
"""

from uuid import UUID, uuid5

import django.db.models.deletion
from django.db import migrations, models, transaction

NAMESPACE = UUID('5b0c1d0e-7c3b-5f83-9a52-3f0f2f6f6d11')

VERSION = """
INSERT INTO fees_feeplanversion (id, plan_id, number, valid_from, lines_digest, created_at)
SELECT %s, %s, 1, %s,
       sum(('x' || left(md5(ROW(l.id, l.operation, l.provider, l.operator, l.method, l.country,
                                l.currency, l.amount_from, l.basis_points, l.fixed, l.fee_min,
                                l.fee_max, l.tax_basis_points, l.rounding)::text),
                        16))::bit(64)::bigint)::text,
       now()
  FROM fees_feeline l WHERE l.version_id = %s
    ON CONFLICT DO NOTHING
"""
# Until now it was of any day: from the first day on that anything of the account may be of.
ACCOUNTS = """
SELECT x.id, x.currency, x.cost_basis_points,
       (LEAST((x.created_at AT TIME ZONE x.timezone)::date,
              (SELECT min(s.day - s.days + 1) FROM reconciliation_statement s
                WHERE s.provider_account_id = x.id)) - 1)::timestamp AT TIME ZONE x.timezone
  FROM providers_provideraccount x WHERE x.cost_basis_points > 0
"""


def make_contracts(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(ACCOUNTS)
        for account_id, currency, basis_points, begun in cursor.fetchall():
            plan, version, line = (
                uuid5(NAMESPACE, f'{what} {account_id}') for what in ('plan', 'version', 'line')
            )
            with transaction.atomic():
                cursor.execute(
                    'INSERT INTO fees_feeplan (id, name, currency, provider_account_id, created_at)'
                    ' VALUES (%s, %s, %s, %s, now()) ON CONFLICT DO NOTHING',
                    [plan, f'Provider account {account_id}', currency, account_id],
                )
                cursor.execute(
                    'INSERT INTO fees_feeline (id, version_id, operation, provider, operator,'
                    ' method, country, currency, amount_from, basis_points, fixed, fee_min,'
                    ' tax_basis_points, rounding)'
                    " VALUES (%s, %s, 'collect', '', '', '', '', '', 0, %s, 0, 0, 0, 'half_up')"
                    ' ON CONFLICT DO NOTHING',
                    [line, version, min(basis_points, 10_000)],
                )
                cursor.execute(VERSION, [version, plan, begun, version])


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('fees', '0004_what_refunds_give_back'),
        ('providers', '0009_delay_bounded'),
        ('reconciliation', '0017_fees_against_the_agreement'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE fees_feeplan ADD COLUMN IF NOT EXISTS provider_account_id uuid NULL'
            ' UNIQUE REFERENCES providers_provideraccount (id) DEFERRABLE INITIALLY DEFERRED',
            'ALTER TABLE fees_feeplan DROP COLUMN IF EXISTS provider_account_id',
            state_operations=[
                migrations.AddField(
                    model_name='feeplan',
                    name='provider_account',
                    field=models.OneToOneField(
                        blank=True,
                        help_text='Whose contract it is. Empty: what merchants pay.',
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name='contract',
                        to='providers.provideraccount',
                        verbose_name='provider account',
                    ),
                ),
            ],
        ),
        migrations.RunPython(make_contracts, migrations.RunPython.noop, elidable=False),
    ]
