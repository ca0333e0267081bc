"""Who is sent day reports, and what was sent: tables of their own."""

import apps.core.public_ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('day_reports', '0001_days_of_merchants'),
        ('merchants', '0010_delay_bounded'),
        ('providers', '0009_delay_bounded'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReportSubscription',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('root_id', models.UUIDField()),
                ('number', models.PositiveIntegerField(blank=True, null=True, verbose_name='version')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('formats', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=16), size=5, verbose_name='files')),
                ('hour', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='not before')),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=2, verbose_name='language')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('emails', django.contrib.postgres.fields.ArrayField(base_field=models.EmailField(max_length=254), default=list, size=10, verbose_name='addresses')),
                ('host', models.CharField(blank=True, default='', max_length=253, verbose_name='host')),
                ('port', models.PositiveIntegerField(default=22, verbose_name='port')),
                ('username', models.CharField(blank=True, default='', max_length=64, verbose_name='user')),
                ('host_keys', models.TextField(blank=True, default='', verbose_name='host keys')),
                ('folder', models.CharField(blank=True, default='', max_length=255, verbose_name='folder')),
                ('credentials_encrypted', models.BinaryField(null=True)),
                ('our_public_key', models.TextField(blank=True, default='', verbose_name='our public key')),
                ('created_by', models.CharField(max_length=60, verbose_name='made by')),
                ('approved_by', models.CharField(blank=True, default='', max_length=60, verbose_name='approved by')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('valid_from', models.DateTimeField(blank=True, null=True, verbose_name='valid from')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended_by', models.CharField(blank=True, default='', max_length=60, verbose_name='ended by')),
                ('merchant', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='merchants.merchant', verbose_name='merchant')),
                ('provider_account', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='providers.provideraccount', verbose_name='provider account')),
            ],
            options={
                'verbose_name': 'subscription of day reports',
                'verbose_name_plural': 'subscriptions of day reports',
            },
        ),
        migrations.CreateModel(
            name='ReportSending',
            fields=[
                ('failures', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('failure', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure')),
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('root_id', models.UUIDField()),
                ('way', models.CharField(choices=[('email', 'e-mail'), ('sftp', 'SFTP')], max_length=8, verbose_name='way')),
                ('day', models.DateField(verbose_name='day')),
                ('currency', models.CharField(blank=True, default='', max_length=3, verbose_name='currency')),
                ('source_key', models.CharField(max_length=64)),
                ('version', models.PositiveIntegerField(verbose_name='version')),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('dropped', 'not sent any more'), ('given_up', 'given up')], max_length=8, verbose_name='status')),
                ('files', models.JSONField(default=list, verbose_name='files')),
                ('sent_to', models.CharField(blank=True, default='', max_length=3000, verbose_name='sent to')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('closed_by', models.CharField(blank=True, default='', max_length=60, verbose_name='seen to by')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='what was done')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='next')),
                ('subscription', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sendings', to='day_reports.reportsubscription', verbose_name='subscription')),
            ],
            options={
                'verbose_name': 'sent day report',
                'verbose_name_plural': 'sent day reports',
            },
        ),
        migrations.AddConstraint(
            model_name='reportsubscription',
            constraint=models.UniqueConstraint(fields=('root_id', 'number'), name='report_subscription_number'),
        ),
        migrations.AddConstraint(
            model_name='reportsubscription',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('number__isnull', False)), fields=('root_id',), name='report_subscription_holds_once'),
        ),
        migrations.AddConstraint(
            model_name='reportsubscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('merchant__isnull', False), ('provider_account__isnull', True)), models.Q(('merchant__isnull', True), ('provider_account__isnull', False)), _connector='OR'), name='report_subscription_of_one'),
        ),
        migrations.AddConstraint(
            model_name='reportsubscription',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by', ''), ('number__isnull', True), ('valid_from__isnull', True)), models.Q(models.Q(('approved_by', ''), _negated=True), models.Q(('approved_by', models.F('created_by')), _negated=True), ('number__isnull', False), ('valid_from__isnull', False)), _connector='OR'), name='report_subscription_by_two'),
        ),
        migrations.AddConstraint(
            model_name='reportsubscription',
            constraint=models.CheckConstraint(condition=models.Q(('port__range', (1, 65535)), models.Q(('hour__isnull', True), ('hour__lte', 23), _connector='OR')), name='report_subscription_bounds'),
        ),
        migrations.AddIndex(
            model_name='reportsending',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='report_sending_due'),
        ),
        migrations.AddIndex(
            model_name='reportsending',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['created_at'], name='report_sending_waiting'),
        ),
        migrations.AddConstraint(
            model_name='reportsending',
            constraint=models.UniqueConstraint(fields=('root_id', 'way', 'day', 'currency', 'version'), name='report_sending_version'),
        ),
        migrations.AddConstraint(
            model_name='reportsending',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'sent'), _negated=True), models.Q(('sent_at__isnull', False), models.Q(('sent_to', ''), _negated=True)), _connector='OR'), name='report_sending_evidence'),
        ),
        migrations.AddConstraint(
            model_name='reportsending',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'waiting'), ('due_at__isnull', True), _connector='OR'), name='report_sending_due_while_waiting'),
        ),
    ]
