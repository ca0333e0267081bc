"""Files that come piece by piece have tables of their own: no older one is touched."""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('merchants', '0012_reserve_cap'),
        ('payout_batches', '0011_lines_are_summed_as_they_are_written'),
    ]

    operations = [
        migrations.CreateModel(
            name='BatchUpload',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('livemode', models.BooleanField()),
                ('status', models.CharField(choices=[('open', 'Open'), ('finished', 'Finished'), ('discarded', 'Discarded')], max_length=10)),
                ('created_by', models.CharField(max_length=60)),
                ('file_name', models.CharField(max_length=140)),
                ('size', models.PositiveBigIntegerField()),
                ('sha256', models.BinaryField(max_length=32)),
                ('received', models.PositiveBigIntegerField(default=0)),
                ('currency', models.CharField(max_length=3)),
                ('merchant_reference', models.CharField(blank=True, default='', max_length=64)),
                ('description', models.CharField(blank=True, default='', max_length=140)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('batch', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='upload', to='payout_batches.payoutbatch')),
                ('merchant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, to='merchants.merchant')),
            ],
        ),
        migrations.CreateModel(
            name='BatchUploadPiece',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('content_encrypted', models.BinaryField()),
                ('upload', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='pieces', to='payout_batches.batchupload')),
            ],
        ),
        migrations.AddIndex(
            model_name='batchupload',
            index=models.Index(fields=['merchant', 'livemode', '-id'], name='batch_upload_by_merchant'),
        ),
        migrations.AddIndex(
            model_name='batchupload',
            index=models.Index(fields=['expires_at'], name='batch_upload_expires'),
        ),
        migrations.AddConstraint(
            model_name='batchupload',
            constraint=models.CheckConstraint(condition=models.Q(('received__lte', models.F('size'))), name='batch_upload_within_its_size'),
        ),
        migrations.AddConstraint(
            model_name='batchupload',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('received', models.F('size')), ('status', 'finished')), models.Q(models.Q(('status', 'finished'), _negated=True), ('batch__isnull', True)), _connector='OR'), name='batch_upload_finished_whole'),
        ),
        migrations.AddConstraint(
            model_name='batchuploadpiece',
            constraint=models.UniqueConstraint(fields=('upload', 'number'), name='batch_upload_piece_once'),
        ),
    ]
