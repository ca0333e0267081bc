"""After how many days what a rail collects is available: at once, as before. A constant default is
written to no row.
"""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0006_operations'),
    ]

    operations = [
        migrations.AddField(
            model_name='provideraccount',
            name='settlement_delay_days',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, validators=[django.core.validators.MaxValueValidator(90)], verbose_name='settlement delay, days'),
        ),
    ]
