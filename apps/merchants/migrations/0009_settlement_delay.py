"""A merchant may have a delay of its own. No row is written."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0008_fees_are_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='settlement_delay_days',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Empty: as each provider account has it. For payments from then on.', null=True, validators=[django.core.validators.MaxValueValidator(90)], verbose_name='settlement delay, days'),
        ),
    ]
