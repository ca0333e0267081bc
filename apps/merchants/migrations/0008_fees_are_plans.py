"""What a merchant pays stands in its fee plan. The columns stay for processes of the release before,
which read them until all are replaced; nobody writes them any more.
"""

from django.db import migrations


def _leave(name, *statements):
    return migrations.SeparateDatabaseAndState(
        database_operations=[
            migrations.RunSQL(statement, migrations.RunSQL.noop) for statement in statements
        ],
        state_operations=[migrations.RemoveField(model_name='merchant', name=name)],
    )


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0007_keys_hold_what_they_were_made_with'),
        ('fees', '0002_plans_of_merchants'),
    ]

    operations = [
        _leave(
            'fee_basis_points',
            'ALTER TABLE merchants_merchant ALTER COLUMN fee_basis_points DROP NOT NULL;',
        ),
        _leave(
            'fee_fixed',
            'ALTER TABLE merchants_merchant ALTER COLUMN fee_fixed DROP NOT NULL;',
        ),
        # Filled by the database.
        _leave('fee_currency'),
    ]
