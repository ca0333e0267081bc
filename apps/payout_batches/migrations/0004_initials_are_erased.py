"""Initials are erased as names are. Beside the traffic; can be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payout_batches', '0003_who_corrected'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='namecheck',
            index=models.Index(
                condition=models.Q(
                    ('rail_name_encrypted__isnull', False),
                    models.Q(('rail_name_masked', ''), _negated=True),
                    _connector='OR',
                ),
                fields=['checked_at'],
                name='name_check_with_name',
            ),
        ),
        RemoveIndexConcurrently(model_name='namecheck', name='name_check_named'),
    ]
