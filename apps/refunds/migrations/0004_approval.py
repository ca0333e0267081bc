"""A refund may wait for others to approve it, and says by what they do.

No row is read or written. Safe to run again after it was interrupted.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('refunds', '0003_fees_given_back'),
    ]

    operations = [
        migrations.AlterField(
            model_name='refund',
            name='status',
            field=models.CharField(choices=[('needs_approval', 'waiting for approval'), ('pending', 'pending'), ('processing', 'processing'), ('verifying', 'verifying'), ('succeeded', 'succeeded'), ('failed', 'failed'), ('canceled', 'canceled')], max_length=16, verbose_name='status'),
        ),
        migrations.RunSQL(
            'ALTER TABLE refunds_refund ADD COLUMN IF NOT EXISTS approval_id uuid NULL',
            'ALTER TABLE refunds_refund DROP COLUMN IF EXISTS approval_id',
            state_operations=[
                migrations.AddField(
                    model_name='refund',
                    name='approval_id',
                    field=models.UUIDField(blank=True, null=True, verbose_name='approval'),
                ),
            ],
        ),
    ]
