"""Payouts and refunds that a merchant makes wait as well: for staff whom nobody of theirs asked, or,
where a rule lets it, for another key of the merchant's.

No row is read or written. Safe to run again after it was interrupted. A process of the release
before inserts rows without the columns: the database fills them.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

REQUEST, RULE, APPROVAL = 'approvals_approvalrequest', 'approvals_approvalrule', 'approvals_approval'
DUE = 'merchant_approval_due'


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('approvals', '0004_approvals_of_merchants'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            f'ALTER TABLE {REQUEST} ALTER COLUMN requested_by_id DROP NOT NULL;',
            migrations.RunSQL.noop,
            state_operations=[
                migrations.AlterField(
                    model_name='approvalrequest',
                    name='requested_by',
                    field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {RULE} ADD COLUMN IF NOT EXISTS keys_may_decide boolean DEFAULT false NOT NULL',
            f'ALTER TABLE {RULE} DROP COLUMN IF EXISTS keys_may_decide',
            state_operations=[
                migrations.AddField(
                    model_name='approvalrule',
                    name='keys_may_decide',
                    field=models.BooleanField(db_default=False, default=False, verbose_name='a key of the merchant may decide'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {APPROVAL} ADD COLUMN IF NOT EXISTS is_for_staff boolean DEFAULT false NOT NULL',
            f'ALTER TABLE {APPROVAL} DROP COLUMN IF EXISTS is_for_staff',
            state_operations=[
                migrations.AddField(
                    model_name='approval',
                    name='is_for_staff',
                    field=models.BooleanField(db_default=False, default=False, verbose_name='for staff'),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE {APPROVAL} ADD COLUMN IF NOT EXISTS due_at timestamptz NULL',
            f'ALTER TABLE {APPROVAL} DROP COLUMN IF EXISTS due_at',
            state_operations=[
                migrations.AddField(
                    model_name='approval',
                    name='due_at',
                    field=models.DateTimeField(blank=True, null=True),
                ),
            ],
        ),
        # What was broken off is not valid.
        migrations.RunSQL(f'DROP INDEX CONCURRENTLY IF EXISTS {DUE}', migrations.RunSQL.noop),
        migrations.RunSQL(
            f'CREATE INDEX CONCURRENTLY IF NOT EXISTS {DUE} ON {APPROVAL} (due_at) WHERE due_at IS NOT NULL',
            f'DROP INDEX CONCURRENTLY IF EXISTS {DUE}',
            state_operations=[
                migrations.AddIndex(
                    model_name='approval',
                    index=models.Index(condition=models.Q(('due_at__isnull', False)), fields=['due_at'], name=DUE),
                ),
            ],
        ),
    ]
