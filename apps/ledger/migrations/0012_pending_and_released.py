"""What is paid may become available later: what waits, and what was released. Two new tables, and an
index built beside the traffic; can be run again.
"""

import django.db.models.deletion
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import apps.core.public_ids


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('ledger', '0011_tax_on_fees'),
    ]

    operations = [
        # Words alone: no statement comes of them.
        migrations.AlterField(
            model_name='account',
            name='kind',
            field=models.CharField(choices=[('provider_clearing', 'provider clearing'), ('merchant_payable', 'merchant payable'), ('merchant_held', 'merchant held'), ('merchant_pending', 'merchant pending'), ('fee_revenue', 'fee revenue'), ('tax_payable', 'tax payable')], max_length=24, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='transfer',
            name='kind',
            field=models.CharField(choices=[('gross', 'gross'), ('fee', 'fee'), ('fee_tax', 'tax on the fee'), ('refund_held', 'refund held'), ('refund_returned', 'refund returned'), ('refund_sent', 'refund sent'), ('payout_held', 'payout held'), ('payout_returned', 'payout returned'), ('payout_sent', 'payout sent'), ('dispute_held', 'dispute held'), ('dispute_returned', 'dispute returned'), ('dispute_lost', 'dispute lost'), ('batch_held', 'batch held'), ('batch_released', 'batch released'), ('batch_returned', 'batch returned'), ('pending_gross', 'gross, pending'), ('pending_fee', 'fee, pending'), ('pending_fee_tax', 'tax on the fee, pending'), ('released', 'released')], max_length=16, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='Release',
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
                'verbose_name': 'release',
                'verbose_name_plural': 'releases',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0), ('count__gt', 0)), name='release_positive')],
            },
        ),
        migrations.CreateModel(
            name='PendingAmount',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('source_id', models.UUIDField(unique=True, verbose_name='source')),
                ('merchant_id', models.UUIDField(verbose_name='merchant')),
                ('provider_account_id', models.UUIDField(verbose_name='provider account')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('amount', models.PositiveBigIntegerField(verbose_name='amount')),
                ('available_at', models.DateTimeField(verbose_name='available from')),
                ('release', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='amounts', to='ledger.release')),
            ],
            options={
                'verbose_name': 'pending amount',
                'verbose_name_plural': 'pending amounts',
                'constraints': [models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='pending_positive')],
                'indexes': [
                    models.Index(condition=models.Q(('release__isnull', True)), fields=['available_at', 'merchant_id', 'provider_account_id', 'currency', 'livemode'], name='pending_due'),
                    models.Index(condition=models.Q(('release__isnull', True)), fields=['merchant_id', 'livemode', 'currency', 'available_at'], include=('amount',), name='pending_of_merchant'),
                ],
            },
        ),
        AddIndexConcurrently(
            model_name='transfer',
            index=models.Index(condition=models.Q(('kind', 'released')), fields=['to_account', 'created_at'], name='transfer_released_in'),
        ),
    ]
