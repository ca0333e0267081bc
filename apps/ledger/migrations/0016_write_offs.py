"""A write-off has an account and two kinds of transfer. Words alone: no statement comes of them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0015_fees_given_back'),
    ]

    operations = [
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('provider_clearing', 'provider clearing'), ('merchant_payable', 'merchant payable'), ('merchant_held', 'merchant held'), ('merchant_pending', 'merchant pending'), ('fee_revenue', 'fee revenue'), ('tax_payable', 'tax payable'), ('bank', 'bank'), ('write_off', 'write-offs')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('fee_tax', 'tax on the fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('payout_fee_held', 'fee of a payout held'), ('payout_fee_back', 'fee of a payout returned'), ('payout_fee', 'fee of a payout'), ('payout_tax_held', 'tax on the fee of a payout held'), ('payout_tax_back', 'tax on the fee of a payout returned'), ('payout_tax', 'tax on the fee of a payout'), ('refund_fee_held', 'fee of a refund held'), ('refund_fee_back', 'fee of a refund returned'), ('refund_fee', 'fee of a refund'), ('refund_tax_held', 'tax on the fee of a refund held'), ('refund_tax_back', 'tax on the fee of a refund returned'), ('refund_tax', 'tax on the fee of a refund'), ('collect_fee_back', 'fee of a payment given back'), ('collect_tax_back', 'tax on the fee of a payment given back'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned'), ('pending_gross', 'gross, pending'), ('pending_fee', 'fee, pending'), ('pending_fee_tax', 'tax on the fee, pending'), ('released', 'released'), ('settle_held', 'settlement held'), ('settle_released', 'settlement released'), ('settle_returned', 'settlement returned'), ('settle_sent', 'settlement sent'), ('loss_written_off', 'loss written off'), ('gain_written_off', 'gain written off')], max_length=16, verbose_name='kind'),
        ),
    ]
