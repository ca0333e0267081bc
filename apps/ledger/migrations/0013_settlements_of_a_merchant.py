"""A merchant's list of movements reads its settlements along indexes of their own. Beside the
traffic; can be run again.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0012_pending_and_released'),
    ]

    operations = [
        # Words alone: no statement comes of them.
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('provider_clearing', 'provider clearing'), ('merchant_payable', 'merchant payable'), ('merchant_held', 'merchant held'), ('merchant_pending', 'merchant pending'), ('fee_revenue', 'fee revenue'), ('tax_payable', 'tax payable'), ('bank', 'bank')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('fee_tax', 'tax on the fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned'), ('pending_gross', 'gross, pending'), ('pending_fee', 'fee, pending'), ('pending_fee_tax', 'tax on the fee, pending'), ('released', 'released'), ('settle_held', 'settlement held'), ('settle_released', 'settlement released'), ('settle_returned', 'settlement returned'), ('settle_sent', 'settlement sent')], max_length=16, verbose_name='kind'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'settle_held')), fields=['from_account', 'created_at'], name='transfer_settle_held_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'settle_released')), fields=['to_account', 'created_at'], name='transfer_settle_released_in'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'settle_returned')), fields=['to_account', 'created_at'], name='transfer_settle_returned_in'),
        ),
    ]
