"""A part of what is paid may be kept in reserve: what waits, and what was released. Two new tables,
and two indexes built beside the traffic; can be run again.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import apps.core.public_ids


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0017_corrections'),
    ]

    operations = [
        # Words alone: no statement comes of them.
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('provider_clearing', 'provider clearing'), ('merchant_payable', 'merchant payable'), ('merchant_held', 'merchant held'), ('merchant_pending', 'merchant pending'), ('merchant_reserve', 'merchant reserve'), ('fee_revenue', 'fee revenue'), ('tax_payable', 'tax payable'), ('bank', 'bank'), ('write_off', 'write-offs')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('fee_tax', 'tax on the fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('payout_fee_held', 'fee of a payout held'), ('payout_fee_back', 'fee of a payout returned'), ('payout_fee', 'fee of a payout'), ('payout_tax_held', 'tax on the fee of a payout held'), ('payout_tax_back', 'tax on the fee of a payout returned'), ('payout_tax', 'tax on the fee of a payout'), ('refund_fee_held', 'fee of a refund held'), ('refund_fee_back', 'fee of a refund returned'), ('refund_fee', 'fee of a refund'), ('refund_tax_held', 'tax on the fee of a refund held'), ('refund_tax_back', 'tax on the fee of a refund returned'), ('refund_tax', 'tax on the fee of a refund'), ('collect_fee_back', 'fee of a payment given back'), ('collect_tax_back', 'tax on the fee of a payment given back'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned'), ('pending_gross', 'gross, pending'), ('pending_fee', 'fee, pending'), ('pending_fee_tax', 'tax on the fee, pending'), ('released', 'released'), ('reserve_held', 'reserve held'), ('pending_reserve', 'reserve, of what is pending'), ('reserve_released', 'reserve released'), ('settle_held', 'settlement held'), ('settle_released', 'settlement released'), ('settle_returned', 'settlement returned'), ('settle_sent', 'settlement sent'), ('loss_written_off', 'loss written off'), ('gain_written_off', 'gain written off'), ('correction_in', 'correction, credited'), ('correction_out', 'correction, debited'), ('correction', 'correction of our own accounts')], max_length=16, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='ReserveRelease',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('merchant_id', models.UUIDField(verbose_name='merchant')),
                ('provider_account_id', models.UUIDField(verbose_name='provider account')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('amount', models.PositiveBigIntegerField(verbose_name='amount')),
                ('count', models.PositiveIntegerField(verbose_name='count')),
                ('available_at', models.DateTimeField(verbose_name='available from')),
                ('created_at', models.DateTimeField(verbose_name='created')),
            ],
            options={
                'verbose_name': 'release of reserves',
                'verbose_name_plural': 'releases of reserves',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('count__gt', 0)), name='reserve_release_positive')],
            },
        ),
        migrations.CreateModel(
            name='ReservedAmount',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.UUIDField(unique=True, verbose_name='source')),
                ('merchant_id', models.UUIDField(verbose_name='merchant')),
                ('provider_account_id', models.UUIDField(verbose_name='provider account')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('amount', models.PositiveBigIntegerField(verbose_name='amount')),
                ('available_at', models.DateTimeField(verbose_name='available from')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amounts', to='ledger.reserverelease')),
            ],
            options={
                'verbose_name': 'reserved amount',
                'verbose_name_plural': 'reserved amounts',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='reserved_positive')],
                'indexes': [
                    models.Index(condition=models.Q(('release__isnull', True)), fields=['available_at', 'merchant_id', 'provider_account_id', 'currency', 'livemode'], name='reserved_due'),
                    models.Index(condition=models.Q(('release__isnull', True)), fields=['merchant_id', 'livemode', 'currency', 'available_at'], include=('amount',), name='reserved_of_merchant'),
                ],
            },
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'reserve_held')), fields=['from_account', 'created_at'], name='transfer_reserve_held_out'),
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'reserve_released')), fields=['to_account', 'created_at'], name='transfer_reserve_released_in'),
        ),
    ]
