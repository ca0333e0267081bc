"""What each merchant paid until now becomes a fee plan: one for each price, and its merchants.

1,000 merchants a batch, each with its own commit. Safe to run again: every id follows from what it
is of. A merchant that paid nothing gets no plan.
"""

from uuid import UUID, uuid5

from django.db import migrations, transaction

NAMESPACE = UUID('0f6f1f9e-54a5-5f0f-8f4c-6a1d6b2f7e31')
BATCH = 1000

PRICES = """
SELECT DISTINCT fee_basis_points, fee_fixed, COALESCE(NULLIF(fee_currency, ''), currency)
  FROM merchants_merchant WHERE fee_basis_points > 0 OR fee_fixed > 0
"""
BEGUN = """
SELECT COALESCE(min(created_at), now()) FROM merchants_merchant
"""
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
MERCHANTS = """
SELECT id, fee_basis_points, fee_fixed, COALESCE(NULLIF(fee_currency, ''), currency), created_at
  FROM merchants_merchant
 WHERE (fee_basis_points > 0 OR fee_fixed > 0) AND id > %s ORDER BY id LIMIT %s
"""


def make_plans(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(BEGUN)
        begun = cursor.fetchone()[0]
        cursor.execute(PRICES)
        for basis_points, fixed, currency in cursor.fetchall():
            plan_id, version_id, line_id = _ids(basis_points, fixed, currency)
            cursor.execute(
                'INSERT INTO fees_feeplan (id, name, currency, created_at) VALUES (%s, %s, %s, now())'
                ' ON CONFLICT DO NOTHING',
                [plan_id, f'{basis_points / 100:g} % + {fixed} ({currency})', currency],
            )
            with transaction.atomic():
                cursor.execute(
                    'INSERT INTO fees_feeline (id, version_id, operation, provider, operator, method,'
                    ' country, currency, amount_from, basis_points, fixed, fee_min, fee_max,'
                    " tax_basis_points, rounding) VALUES (%s, %s, 'collect', '', '', '', '', '', 0, %s,"
                    " %s, 0, NULL, 0, 'half_up') ON CONFLICT DO NOTHING",
                    # More than the whole was the whole.
                    [line_id, version_id, min(basis_points, 10_000), fixed],
                )
                # Deferred: the lines may refer to what comes after them.
                cursor.execute(VERSION, [version_id, plan_id, begun, version_id])
        last = UUID(int=0)
        while True:
            cursor.execute(MERCHANTS, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                break
            cursor.executemany(
                'INSERT INTO fees_merchantfeeplan (id, merchant_id, plan_id, valid_from, created_at)'
                ' VALUES (%s, %s, %s, %s, now()) ON CONFLICT DO NOTHING',
                [
                    (uuid5(NAMESPACE, str(pk)), pk, _ids(*price)[0], created_at)
                    for pk, *price, created_at in rows
                ],
            )
            last = rows[-1][0]


def _ids(basis_points, fixed, currency):
    price = f'{basis_points} {fixed} {currency}'
    return [uuid5(NAMESPACE, f'{kind} {price}') for kind in ('plan', 'version', 'line')]


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('fees', '0001_initial'),
        ('merchants', '0007_keys_hold_what_they_were_made_with'),
    ]

    operations = [
        migrations.RunPython(make_plans, migrations.RunPython.noop),
    ]
