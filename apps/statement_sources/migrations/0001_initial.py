"""Where reports are got from, how, and the files that came: tables of their own."""

import apps.core.public_ids
import apps.statement_sources.models
import datetime
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True
    atomic = False

    dependencies = [
        ('providers', '0009_delay_bounded'),
        ('reconciliation', '0005_lines_say_what_was_asked'),
    ]

    operations = [
        migrations.CreateModel(
            name='StatementSource',
            fields=[
                ('failures', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('failure', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure')),
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('way', models.CharField(choices=[('sftp_pull', 'we fetch by SFTP'), ('drop_in', 'the provider drops in by SFTP')], max_length=12, verbose_name='way')),
                ('login', models.CharField(max_length=32, unique=True, verbose_name='login')),
                ('is_enabled', models.BooleanField(default=False, verbose_name='on')),
                ('poll_times', django.contrib.postgres.fields.ArrayField(base_field=models.TimeField(), default=apps.statement_sources.models.early_morning, size=24, verbose_name='looked at')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=apps.statement_sources.models.every_day, size=7, verbose_name='days')),
                ('latest_time', models.TimeField(default=datetime.time(8, 0), verbose_name='late from')),
                ('name_pattern', models.CharField(max_length=120, verbose_name='file name')),
                ('day_offset', models.PositiveSmallIntegerField(default=0, validators=[django.core.validators.MaxValueValidator(7)], verbose_name='days from the covered to the named day')),
                ('days_covered', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='days covered')),
                ('completeness', models.CharField(choices=[('marker', 'a marker file stands beside it'), ('unchanged', 'unchanged for two polls'), ('named', 'it bears its name only once it is complete')], default='unchanged', max_length=12, verbose_name='complete when')),
                ('marker_suffix', models.CharField(blank=True, default='', max_length=16, verbose_name='ending of the marker')),
                ('after_fetch', models.CharField(choices=[('archive', 'moved to the archive folder'), ('leave', 'left where it is')], default='leave', max_length=12, verbose_name='afterwards')),
                ('takes_corrections', models.BooleanField(default=True, verbose_name='takes corrections')),
                ('size_max_mb', models.PositiveIntegerField(default=200, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1024)], verbose_name='largest file, MB')),
                ('first_day', models.DateField(verbose_name='first day')),
                ('polled_at', models.DateTimeField(blank=True, null=True, verbose_name='last looked at')),
                ('unmatched', models.PositiveIntegerField(default=0, verbose_name='files of other names')),
                ('unmatched_name', models.CharField(blank=True, default='', max_length=120)),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='next look')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('provider_account', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='statement_sources', to='providers.provideraccount', verbose_name='provider account')),
            ],
            options={
                'verbose_name': 'source of statements',
                'verbose_name_plural': 'sources of statements',
            },
        ),
        migrations.CreateModel(
            name='SourceConnection',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField(blank=True, null=True, verbose_name='version')),
                ('host', models.CharField(blank=True, default='', max_length=253, verbose_name='host')),
                ('port', models.PositiveIntegerField(default=22, verbose_name='port')),
                ('username', models.CharField(blank=True, default='', max_length=64, verbose_name='user')),
                ('host_keys', models.TextField(blank=True, default='', verbose_name='host keys')),
                ('folder', models.CharField(blank=True, default='', max_length=255, verbose_name='folder')),
                ('archive_folder', models.CharField(blank=True, default='', max_length=255, verbose_name='archive folder')),
                ('credentials_encrypted', models.BinaryField(null=True)),
                ('our_public_key', models.TextField(blank=True, default='', verbose_name='our public key')),
                ('partner_keys', models.TextField(blank=True, default='', verbose_name='the provider’s keys')),
                ('created_by', models.CharField(max_length=60, verbose_name='made by')),
                ('approved_by', models.CharField(blank=True, default='', max_length=60, verbose_name='approved by')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('valid_from', models.DateTimeField(blank=True, null=True, verbose_name='valid from')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='connections', to='statement_sources.statementsource', verbose_name='source of statements')),
            ],
            options={
                'verbose_name': 'connection of a source',
                'verbose_name_plural': 'connections of sources',
            },
        ),
        migrations.CreateModel(
            name='ReceivedFile',
            fields=[
                ('failures', models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row')),
                ('failing_since', models.DateTimeField(blank=True, null=True, verbose_name='failing since')),
                ('failure', models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure')),
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=255, verbose_name='file')),
                ('size', models.BigIntegerField(verbose_name='size')),
                ('stamp', models.CharField(max_length=64)),
                ('sha256', models.BinaryField(max_length=32, null=True)),
                ('status', models.CharField(choices=[('arriving', 'arriving'), ('fetching', 'being fetched'), ('fetched', 'fetched'), ('imported', 'read'), ('quarantined', 'in quarantine'), ('discarded', 'discarded')], max_length=12, verbose_name='status')),
                ('looks', models.PositiveIntegerField(default=0)),
                ('pieces', models.PositiveIntegerField(default=0)),
                ('seen_at', models.DateTimeField(verbose_name='seen')),
                ('fetched_at', models.DateTimeField(blank=True, null=True, verbose_name='fetched')),
                ('read_at', models.DateTimeField(blank=True, null=True, verbose_name='read')),
                ('day', models.DateField(blank=True, null=True, verbose_name='day')),
                ('days', models.PositiveSmallIntegerField(default=1, verbose_name='days covered')),
                ('is_correction', models.BooleanField(default=False, verbose_name='correction')),
                ('problem', models.CharField(blank=True, default='', max_length=40, verbose_name='problem')),
                ('problem_detail', models.CharField(blank=True, default='', max_length=300, verbose_name='detail')),
                ('waiting_since', models.DateTimeField(blank=True, null=True, verbose_name='waits since')),
                ('closed_by', models.CharField(blank=True, default='', max_length=60, verbose_name='seen to by')),
                ('note', models.CharField(blank=True, default='', max_length=300, verbose_name='what was done')),
                ('due_at', models.DateTimeField(blank=True, null=True, verbose_name='next')),
                ('statement', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='received_files', to='reconciliation.statement', verbose_name='statement')),
                ('source', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='statement_sources.statementsource', verbose_name='source of statements')),
            ],
            options={
                'verbose_name': 'received file',
                'verbose_name_plural': 'received files',
            },
        ),
        migrations.CreateModel(
            name='FilePiece',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('content_encrypted', models.BinaryField()),
                ('file', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='statement_sources.receivedfile')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='file_piece_once')],
            },
        ),
        migrations.AddIndex(
            model_name='statementsource',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='statement_source_due'),
        ),
        migrations.AddConstraint(
            model_name='statementsource',
            constraint=models.CheckConstraint(condition=models.Q(('is_enabled', True), ('due_at__isnull', True), _connector='OR'), name='statement_source_off_is_not_due'),
        ),
        migrations.AddConstraint(
            model_name='statementsource',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('completeness', 'marker'), _negated=True), models.Q(('marker_suffix', ''), _negated=True), _connector='OR'), name='statement_source_marker'),
        ),
        migrations.AddConstraint(
            model_name='statementsource',
            constraint=models.CheckConstraint(condition=models.Q(('day_offset__lte', 7), ('days_covered__range', (1, 31)), ('size_max_mb__range', (1, 1024))), name='statement_source_bounds'),
        ),
        migrations.AddConstraint(
            model_name='sourceconnection',
            constraint=models.UniqueConstraint(fields=('source', 'number'), name='source_connection_number'),
        ),
        migrations.AddConstraint(
            model_name='sourceconnection',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('approved_by', ''), ('number__isnull', True), ('valid_from__isnull', True)), models.Q(models.Q(('approved_by', ''), _negated=True), models.Q(('approved_by', models.F('created_by')), _negated=True), ('number__isnull', False), ('valid_from__isnull', False)), _connector='OR'), name='source_connection_by_two'),
        ),
        migrations.AddConstraint(
            model_name='sourceconnection',
            constraint=models.CheckConstraint(condition=models.Q(('port__range', (1, 65535))), name='source_connection_port'),
        ),
        migrations.AddIndex(
            model_name='receivedfile',
            index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name='received_file_due'),
        ),
        migrations.AddIndex(
            model_name='receivedfile',
            index=models.Index(condition=models.Q(('waiting_since__isnull', False)), fields=['waiting_since'], name='received_file_quarantine'),
        ),
        migrations.AddIndex(
            model_name='receivedfile',
            index=models.Index(fields=['source', 'day'], name='received_file_day'),
        ),
        migrations.AddConstraint(
            model_name='receivedfile',
            constraint=models.UniqueConstraint(fields=('source', 'name', 'sha256'), name='received_file_once'),
        ),
        migrations.AddConstraint(
            model_name='receivedfile',
            constraint=models.UniqueConstraint(condition=models.Q(('sha256__isnull', True)), fields=('source', 'name'), name='received_file_arriving_once'),
        ),
        migrations.AddConstraint(
            model_name='receivedfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'imported'), _negated=True), models.Q(('sha256__isnull', False), ('statement__isnull', False)), _connector='OR'), name='received_file_imported'),
        ),
        migrations.AddConstraint(
            model_name='receivedfile',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'quarantined'), ('waiting_since__isnull', False)), models.Q(models.Q(('status', 'quarantined'), _negated=True), ('waiting_since__isnull', True)), _connector='OR'), name='received_file_waiting'),
        ),
    ]
