import apps.core.public_ids
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    # Each statement commits by itself.
    atomic = False

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AlertChannel',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=60, unique=True, verbose_name='name')),
                ('kind', models.CharField(editable=False, max_length=20, verbose_name='kind')),
                ('address_encrypted', models.BinaryField()),
                ('language', models.CharField(choices=[('fr', 'French'), ('en', 'English')], default='fr', max_length=2, verbose_name='language')),
                ('severity_min', models.CharField(choices=[('warning', 'warning'), ('critical', 'critical')], default='warning', max_length=8, verbose_name='from severity')),
                ('is_escalation', models.BooleanField(default=False, verbose_name='only when escalated')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('last_error', models.CharField(blank=True, default='', max_length=200, verbose_name='last error')),
                ('last_used_at', models.DateTimeField(blank=True, null=True, verbose_name='last used')),
            ],
            options={
                'verbose_name': 'alert channel',
                'verbose_name_plural': 'alert channels',
            },
        ),
        migrations.CreateModel(
            name='RailDay',
            fields=[
                ('provider_account_id', models.UUIDField()),
                ('operation', models.CharField(max_length=12)),
                ('sent', models.IntegerField(default=0)),
                ('answered', models.IntegerField(default=0)),
                ('succeeded', models.IntegerField(default=0)),
                ('failed_payer', models.IntegerField(default=0)),
                ('failed_rail', models.IntegerField(default=0)),
                ('failed_ours', models.IntegerField(default=0)),
                ('unknown', models.IntegerField(default=0)),
                ('responses', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('pk', models.CompositePrimaryKey('provider_account_id', 'operation', 'day', blank=True, editable=False, primary_key=True, serialize=False)),
                ('day', models.DateField()),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='AlertRule',
            fields=[
                ('code', models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                ('is_enabled', models.BooleanField(default=True, verbose_name='enabled')),
                ('includes_test', models.BooleanField(default=False, verbose_name='test mode too')),
                ('severity', models.CharField(choices=[('warning', 'warning'), ('critical', 'critical')], max_length=8, verbose_name='severity')),
                ('parameters', models.JSONField(blank=True, default=dict, verbose_name='parameters')),
                ('for_s', models.PositiveIntegerField(default=0, verbose_name='found for, seconds, before it is told')),
                ('clear_s', models.PositiveIntegerField(default=300, verbose_name='over after, seconds')),
                ('remind_every_s', models.PositiveIntegerField(default=1800, verbose_name='reminded every, seconds')),
                ('escalate_after_s', models.PositiveIntegerField(default=900, verbose_name='escalated after, seconds, if nobody takes it')),
                ('last_run_at', models.DateTimeField(blank=True, null=True, verbose_name='last run')),
                ('last_error', models.CharField(blank=True, default='', max_length=200, verbose_name='last error')),
                ('channels', models.ManyToManyField(blank=True, to='monitoring.alertchannel', verbose_name='channels')),
            ],
            options={
                'verbose_name': 'alert rule',
                'verbose_name_plural': 'alert rules',
            },
        ),
        migrations.CreateModel(
            name='BookCheck',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('is_whole', models.BooleanField()),
                ('violations', models.IntegerField()),
                ('examples', models.JSONField(default=list)),
                ('checked_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['is_whole', '-id'], name='book_check_newest')],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=200, verbose_name='about')),
                ('rule', models.CharField(max_length=40, verbose_name='rule')),
                ('severity', models.CharField(choices=[('warning', 'warning'), ('critical', 'critical')], max_length=8, verbose_name='severity')),
                ('parts', models.JSONField(default=dict)),
                ('facts', models.JSONField(default=dict)),
                ('rails', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=64), default=list, size=None)),
                ('first_seen_at', models.DateTimeField(verbose_name='first seen')),
                ('last_seen_at', models.DateTimeField(verbose_name='last seen')),
                ('opened_at', models.DateTimeField(blank=True, null=True, verbose_name='opened')),
                ('acknowledged_at', models.DateTimeField(blank=True, null=True, verbose_name='taken')),
                ('silenced_until', models.DateTimeField(blank=True, null=True, verbose_name='silenced until')),
                ('escalated_at', models.DateTimeField(blank=True, null=True, verbose_name='escalated')),
                ('reminders', models.PositiveIntegerField(default=0)),
                ('remind_at', models.DateTimeField(blank=True, null=True)),
                ('resolved_at', models.DateTimeField(blank=True, null=True, verbose_name='over')),
                ('post_mortem', models.TextField(blank=True, default='', max_length=20000, verbose_name='post-mortem')),
                ('sequence', models.PositiveIntegerField(default=0)),
                ('acknowledged_by', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='taken by')),
            ],
            options={
                'verbose_name': 'incident',
                'verbose_name_plural': 'incidents',
            },
        ),
        migrations.CreateModel(
            name='IncidentEntry',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('sequence', models.PositiveIntegerField()),
                ('kind', models.CharField(choices=[('opened', 'opened'), ('joined', 'found besides'), ('left', 'no longer found'), ('raised', 'more severe'), ('taken', 'taken'), ('silenced', 'silenced'), ('escalated', 'escalated'), ('reminded', 'reminded'), ('note', 'note'), ('resolved', 'over')], max_length=12)),
                ('at', models.DateTimeField()),
                ('rule', models.CharField(default='', max_length=40)),
                ('facts', models.JSONField(default=dict)),
                ('text', models.CharField(default='', max_length=500)),
                ('actor', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('incident', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='monitoring.incident')),
            ],
        ),
        migrations.CreateModel(
            name='Notification',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('step', models.CharField(max_length=24, verbose_name='step')),
                ('status', models.CharField(choices=[('pending', 'pending'), ('sent', 'sent'), ('failed', 'failed')], default='pending', max_length=8, verbose_name='status')),
                ('tries', models.PositiveSmallIntegerField(default=0, verbose_name='tries')),
                ('last_error', models.CharField(blank=True, default='', max_length=200, verbose_name='last error')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('channel', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='monitoring.alertchannel')),
                ('incident', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='notifications', to='monitoring.incident')),
            ],
            options={
                'verbose_name': 'notification',
                'verbose_name_plural': 'notifications',
            },
        ),
        migrations.CreateModel(
            name='RailMinute',
            fields=[
                ('provider_account_id', models.UUIDField()),
                ('operation', models.CharField(max_length=12)),
                ('sent', models.IntegerField(default=0)),
                ('answered', models.IntegerField(default=0)),
                ('succeeded', models.IntegerField(default=0)),
                ('failed_payer', models.IntegerField(default=0)),
                ('failed_rail', models.IntegerField(default=0)),
                ('failed_ours', models.IntegerField(default=0)),
                ('unknown', models.IntegerField(default=0)),
                ('responses', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('pk', models.CompositePrimaryKey('provider_account_id', 'operation', 'minute', blank=True, editable=False, primary_key=True, serialize=False)),
                ('minute', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['minute'], name='rail_minute_by_time')],
            },
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('counted_until', models.DateTimeField()),
                ('summed_until', models.DateTimeField()),
                ('seen_transaction', models.BigIntegerField(default=0)),
                ('seen_at', models.DateTimeField()),
                ('leased_until', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='watch_is_one')],
            },
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['resolved_at'], name='incident_by_end'),
        ),
        migrations.AddConstraint(
            model_name='incident',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('key',), name='incident_open_once'),
        ),
        migrations.AddConstraint(
            model_name='incidententry',
            constraint=models.UniqueConstraint(fields=('incident', 'sequence'), name='incident_entry_sequence'),
        ),
        migrations.AddConstraint(
            model_name='notification',
            constraint=models.UniqueConstraint(fields=('incident', 'channel', 'step'), name='notification_once'),
        ),
    ]
