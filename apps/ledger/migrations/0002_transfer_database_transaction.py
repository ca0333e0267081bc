"""Each transfer carries the number of its transaction; those already there get 0.

It only touches the catalogue. ADD COLUMN waits for whoever is booking, so what has 0 is
committed when this is. Old code that books during the release leaves the column to its default.
"""

from django.db import migrations
from django.db.models import Func

import apps.ledger.models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0001_initial'),
    ]

    operations = [
        migrations.RunSQL(
            # One statement: nobody books in between, under a 0 that is not committed yet.
            "ALTER TABLE ledger_transfer"
            " ADD COLUMN IF NOT EXISTS database_transaction xid8 NOT NULL DEFAULT '0',"
            " ALTER COLUMN database_transaction SET DEFAULT pg_current_xact_id()",
            "ALTER TABLE ledger_transfer DROP COLUMN database_transaction",
            state_operations=[
                migrations.AddField(
                    model_name='transfer',
                    name='database_transaction',
                    field=apps.ledger.models.TransactionIdField(db_default=Func(function='pg_current_xact_id')),
                ),
            ],
        ),
    ]
