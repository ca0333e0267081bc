"""What merchants' balances did each day: tables of their own."""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    atomic = False

    dependencies = [
        ('merchants', '0010_delay_bounded'),
    ]

    operations = [
        migrations.CreateModel(
            name='DayCycle',
            fields=[
                ('failures', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('failure', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure')),
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('currency', models.CharField(choices=[('EUR', 'EUR'), ('USD', 'USD'), ('XAF', 'XAF'), ('XOF', 'XOF')], max_length=3, verbose_name='currency')),
                ('account_id', models.UUIDField(unique=True)),
                ('next_day', models.DateField(verbose_name='next day')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='next')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='merchants.merchant', verbose_name='merchant')),
            ],
            options={
                'verbose_name': 'cycle of day reports',
                'verbose_name_plural': 'cycles of day reports',
                'indexes': [models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='day_cycle_due'), models.Index(condition=models.Q(('failing_since__isnull', False)), fields=['failing_since'], name='day_cycle_failing')],
                'constraints': [models.UniqueConstraint(fields=('merchant', 'livemode', 'currency'), name='day_cycle_once')],
            },
        ),
        migrations.CreateModel(
            name='MerchantDay',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('currency', models.CharField(choices=[('EUR', 'EUR'), ('USD', 'USD'), ('XAF', 'XAF'), ('XOF', 'XOF')], max_length=3, verbose_name='currency')),
                ('account_id', models.UUIDField()),
                ('day', models.DateField(verbose_name='day')),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('timezone', models.CharField(max_length=40, verbose_name='time zone')),
                ('begins_at', models.DateTimeField(verbose_name='from')),
                ('ends_at', models.DateTimeField(verbose_name='to')),
                ('horizon', models.BigIntegerField()),
                ('opening_balance', models.BigIntegerField(verbose_name='opening balance')),
                ('closing_balance', models.BigIntegerField(verbose_name='closing balance')),
                ('line_count', models.PositiveBigIntegerField(verbose_name='lines')),
                ('totals', models.JSONField(default=list, verbose_name='totals')),
                ('created_at', models.DateTimeField(verbose_name='summed')),
                ('superseded_at', models.DateTimeField(blank=True, null=True, verbose_name='corrected')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='merchants.merchant', verbose_name='merchant')),
            ],
            options={
                'verbose_name': 'day of a merchant',
                'verbose_name_plural': 'days of merchants',
                'indexes': [models.Index(condition=models.Q(('superseded_at__isnull', True)), fields=['merchant', 'livemode', '-id'], name='merchant_day_list')],
                'constraints': [models.UniqueConstraint(fields=('merchant', 'livemode', 'currency', 'day', 'version'), name='merchant_day_version'), models.UniqueConstraint(condition=models.Q(('superseded_at__isnull', True)), fields=('merchant', 'livemode', 'currency', 'day'), name='merchant_day_holds_once'), models.CheckConstraint(condition=models.Q(('begins_at__lt', models.F('ends_at'))), name='merchant_day_has_time')],
            },
        ),
    ]
