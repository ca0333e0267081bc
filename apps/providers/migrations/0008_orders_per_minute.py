"""How many orders a minute an account takes: unknown, so far. No row is written."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("providers", "0007_settlement_delay")]

    operations = [
        migrations.AddField(
            model_name="provideraccount",
            name="orders_per_minute",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="As many as the provider takes; more wait here. Empty: it says no limit.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
                verbose_name="orders a minute",
            ),
        ),
    ]
