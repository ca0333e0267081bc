"""The file that proves the reason of a request. A new table: nothing else is locked; processes of the
release before ask without one, and do not approve what has one."""

import apps.core.public_ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('approvals', '0007_rules_by_maker'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApprovalEvidence',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name_encrypted', models.BinaryField()),
                ('media_type', models.CharField(max_length=40, verbose_name='type')),
                ('size', models.PositiveIntegerField(verbose_name='size')),
                ('sha256', models.BinaryField(max_length=32)),
                ('content_encrypted', models.BinaryField()),
                ('created_at', models.DateTimeField(verbose_name='added')),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='approvals.approvalrequest')),
            ],
            options={
                'verbose_name': 'evidence of a request',
                'verbose_name_plural': 'evidence of requests',
            },
        ),
    ]
