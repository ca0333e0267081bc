"""A merchant's list of movements reads its payouts along indexes of their own. Beside the traffic;
can be run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0007_refund_movements'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'payout_held')), fields=['from_account', 'created_at'], name='transfer_payout_held_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'payout_returned')), fields=['to_account', 'created_at'], name='transfer_payout_returned_in'),
        ),
    ]
