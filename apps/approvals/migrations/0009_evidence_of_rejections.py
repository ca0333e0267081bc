"""The file that proves why a request was rejected. A new table: nothing else is locked; processes of
the release before reject without one."""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.public_ids


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('approvals', '0008_evidence_of_requests'),
    ]

    operations = [
        migrations.CreateModel(
            name='RejectionEvidence',
            fields=[
                ('name_encrypted', models.BinaryField()),
                ('media_type', models.CharField(max_length=40, verbose_name='type')),
                ('size', models.PositiveIntegerField(verbose_name='size')),
                ('sha256', models.BinaryField(max_length=32)),
                ('content_encrypted', models.BinaryField()),
                ('created_at', models.DateTimeField(verbose_name='added')),
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='rejection_evidence', to='approvals.approvalrequest')),
            ],
            options={
                'verbose_name': 'evidence of a rejection',
                'verbose_name_plural': 'evidence of rejections',
            },
        ),
    ]
