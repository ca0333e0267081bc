"""What waits for another key or person of a merchant. A new table: no traffic knows it."""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('approvals', '0003_withdrawn'),
        ('merchants', '0010_delay_bounded'),
    ]

    operations = [
        migrations.CreateModel(
            name='Approval',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('action', models.CharField(max_length=60, verbose_name='action')),
                ('target', models.CharField(max_length=60, verbose_name='target')),
                ('amount', models.PositiveBigIntegerField(verbose_name='amount')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('digest', models.BinaryField(max_length=32)),
                ('status', models.CharField(choices=[('pending', 'pending'), ('approved', 'approved'), ('rejected', 'rejected'), ('expired', 'expired'), ('withdrawn', 'withdrawn')], default='pending', max_length=12, verbose_name='status')),
                ('made_by', models.CharField(max_length=60, verbose_name='made by')),
                ('requested_by', models.CharField(max_length=60, verbose_name='asked by')),
                ('decided_by', models.CharField(blank=True, default='', max_length=60, verbose_name='decided by')),
                ('reason', models.CharField(blank=True, default='', max_length=300, verbose_name='reason')),
                ('requested_at', models.DateTimeField(verbose_name='requested')),
                ('expires_at', models.DateTimeField(verbose_name='expires')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='merchants.merchant')),
            ],
            options={
                'verbose_name': 'approval',
                'verbose_name_plural': 'approvals',
                'indexes': [models.Index(fields=['merchant', 'livemode', '-id'], name='merchant_approval_list')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'approved'), _negated=True), models.Q(models.Q(('decided_by', ''), _negated=True), models.Q(('decided_by', models.F('made_by')), _negated=True), models.Q(('decided_by', models.F('requested_by')), _negated=True)), _connector='OR'), name='merchant_approval_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('decided_by', ''), ('status', 'pending')), models.Q(('decided_at__isnull', False), ('decided_by', ''), ('status__in', ['expired', 'withdrawn'])), models.Q(('decided_at__isnull', False), ('status__in', ['approved', 'rejected']), models.Q(('decided_by', ''), _negated=True)), _connector='OR'), name='merchant_approval_decided'), models.UniqueConstraint(condition=models.Q(('status', 'pending')), fields=('action', 'target'), name='merchant_approval_pending_once')],
            },
        ),
    ]
