from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0011_passes_of_counterparts'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='discrepancy',
            index=models.Index(condition=models.Q(('status', 'open')), fields=['provider_account', 'their_amount'], name='discrepancy_of_their_amount'),
        ),
    ]
