"""What two people put right has a table, three kinds of transfer, and an index for a merchant's list of
each that it sees. Beside the traffic; can be run again.
"""

import apps.core.public_ids
import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0016_write_offs'),
    ]

    operations = [
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('discrepancy_id', models.UUIDField(blank=True, null=True, unique=True, verbose_name='discrepancy')),
                ('evidence', models.CharField(max_length=120, verbose_name='proof')),
                ('reason', models.CharField(max_length=300, verbose_name='reason')),
                ('requested_by', models.CharField(max_length=80, verbose_name='asked by')),
                ('approved_by', models.CharField(max_length=80, verbose_name='approved by')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('reverses', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reversal', to='ledger.transfer', verbose_name='takes back')),
                ('transfer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='ledger.transfer', verbose_name='transfer')),
            ],
            options={
                'verbose_name': 'correction',
                'verbose_name_plural': 'corrections',
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('requested_by', ''), _negated=True), models.Q(('approved_by', ''), _negated=True), models.Q(('requested_by', models.F('approved_by')), _negated=True)), name='correction_by_two'),
                    models.CheckConstraint(condition=models.Q(models.Q(('evidence', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='correction_is_proven'),
                    models.CheckConstraint(condition=models.Q(('transfer', models.F('reverses')), _negated=True), name='correction_of_another'),
                ],
            },
        ),
        # Words alone: no statement comes of them.
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('fee_tax', 'tax on the fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('payout_fee_held', 'fee of a payout held'), ('payout_fee_back', 'fee of a payout returned'), ('payout_fee', 'fee of a payout'), ('payout_tax_held', 'tax on the fee of a payout held'), ('payout_tax_back', 'tax on the fee of a payout returned'), ('payout_tax', 'tax on the fee of a payout'), ('refund_fee_held', 'fee of a refund held'), ('refund_fee_back', 'fee of a refund returned'), ('refund_fee', 'fee of a refund'), ('refund_tax_held', 'tax on the fee of a refund held'), ('refund_tax_back', 'tax on the fee of a refund returned'), ('refund_tax', 'tax on the fee of a refund'), ('collect_fee_back', 'fee of a payment given back'), ('collect_tax_back', 'tax on the fee of a payment given back'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned'), ('pending_gross', 'gross, pending'), ('pending_fee', 'fee, pending'), ('pending_fee_tax', 'tax on the fee, pending'), ('released', 'released'), ('settle_held', 'settlement held'), ('settle_released', 'settlement released'), ('settle_returned', 'settlement returned'), ('settle_sent', 'settlement sent'), ('loss_written_off', 'loss written off'), ('gain_written_off', 'gain written off'), ('correction_in', 'correction, credited'), ('correction_out', 'correction, debited'), ('correction', 'correction of our own accounts')], max_length=16, verbose_name='kind'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'correction_in')), fields=['to_account', 'created_at'], name='transfer_correction_in'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'correction_out')), fields=['from_account', 'created_at'], name='transfer_correction_out'),
        ),
    ]
