"""A line's statement is there without the database looking it up for each of a million lines."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0018_bookings_taken_back'),
    ]

    operations = [
        migrations.AlterField(
            model_name='statementline',
            name='statement',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='lines', to='reconciliation.statement'),
        ),
    ]
