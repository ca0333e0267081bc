"""A merchant's list shows what refunds took and gave back. Beside the traffic; can be run again."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0006_transfers_by_attempt'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'refund_held')), fields=['from_account', 'created_at'], name='transfer_refund_held_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'refund_returned')), fields=['to_account', 'created_at'], name='transfer_refund_returned_in'),
        ),
    ]
