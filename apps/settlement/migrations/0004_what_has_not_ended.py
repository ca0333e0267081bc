"""Alerts look through what has not ended. Beside the traffic; can be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0009_settlement_delay'),
        ('settlement', '0003_bank_files_are_annulled_by_two'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='settlement',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'on_hold', 'filed', 'sent'])), fields=['created_at'], name='settlement_open'),
        ),
    ]
