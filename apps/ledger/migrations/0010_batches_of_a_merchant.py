"""A merchant's list of movements reads its batches along indexes of their own. Beside the traffic;
can be run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0009_disputes_of_a_merchant'),
    ]

    operations = [
        # Words alone: no statement comes of it.
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned')], max_length=16, verbose_name='kind'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'batch_held')), fields=['from_account', 'created_at'], name='transfer_batch_held_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'batch_released')), fields=['to_account', 'created_at'], name='transfer_batch_released_in'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'batch_returned')), fields=['to_account', 'created_at'], name='transfer_batch_returned_in'),
        ),
    ]
