"""Bank files are put at the bank's door by a worker. Beside the traffic; can be run again. Processes of
the release before insert files without the columns: the database fills them."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

DUE = 'settlement_bank_file_due_while_delivering'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('settlement', '0005_answers_of_the_bank'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankfile',
            name='delivered_to',
            field=models.CharField(blank=True, db_default='', default='', max_length=600, verbose_name='delivered to'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='delivery_due_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='next'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='failing_since',
            field=models.DateTimeField(blank=True, null=True, verbose_name='failing since'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='failure',
            field=models.CharField(blank=True, db_default='', default='', max_length=300, verbose_name='last failure'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='failures',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, verbose_name='failures in a row'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='handed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='handed over from'),
        ),
        migrations.AlterField(
            model_name='bankfile',
            name='status',
            field=models.CharField(choices=[('draft', 'draft'), ('approved', 'approved'), ('downloaded', 'downloaded'), ('delivering', 'being delivered'), ('sent', 'sent'), ('discarded', 'discarded'), ('annulled', 'annulled')], max_length=10, verbose_name='status'),
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile DROP CONSTRAINT IF EXISTS {DUE}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile ADD CONSTRAINT {DUE} CHECK '
            "(status = 'delivering' OR delivery_due_at IS NULL) NOT VALID",
            f'ALTER TABLE settlement_bankfile DROP CONSTRAINT IF EXISTS {DUE}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='bankfile',
                    constraint=models.CheckConstraint(
                        condition=models.Q(('status', 'delivering'), ('delivery_due_at__isnull', True), _connector='OR'),
                        name=DUE,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile VALIDATE CONSTRAINT {DUE}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            'DROP INDEX CONCURRENTLY IF EXISTS settlement_bank_file_due', migrations.RunSQL.noop
        ),
        AddIndexConcurrently(
            model_name='bankfile',
            index=models.Index(condition=models.Q(('delivery_due_at__isnull', False)), fields=['delivery_due_at'], name='settlement_bank_file_due'),
        ),
    ]
