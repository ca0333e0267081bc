"""Two people annul a bank file that the bank never had. Beside the traffic; can be run again. Processes
of the release before insert files without the columns: the database fills them."""

from django.db import migrations, models

BY_TWO = 'settlement_bank_file_annulled_by_two'


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('settlement', '0002_what_fails_is_counted'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankfile',
            name='annulled_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='annulled by'),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='annulment_asked_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=60, verbose_name='annulment asked for by'),
        ),
        migrations.AlterField(
            model_name='bankfile',
            name='status',
            field=models.CharField(choices=[('draft', 'draft'), ('approved', 'approved'), ('downloaded', 'downloaded'), ('sent', 'sent'), ('discarded', 'discarded'), ('annulled', 'annulled')], max_length=10, verbose_name='status'),
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile DROP CONSTRAINT IF EXISTS {BY_TWO}',
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile ADD CONSTRAINT {BY_TWO} CHECK '
            "(status <> 'annulled' OR (annulled_by <> '' AND annulment_asked_by <> ''"
            ' AND annulled_by <> annulment_asked_by)) NOT VALID',
            f'ALTER TABLE settlement_bankfile DROP CONSTRAINT IF EXISTS {BY_TWO}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='bankfile',
                    constraint=models.CheckConstraint(
                        condition=models.Q(models.Q(('status', 'annulled'), _negated=True), models.Q(models.Q(('annulled_by', ''), _negated=True), models.Q(('annulment_asked_by', ''), _negated=True), models.Q(('annulled_by', models.F('annulment_asked_by')), _negated=True)), _connector='OR'),
                        name=BY_TWO,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            f'ALTER TABLE settlement_bankfile VALIDATE CONSTRAINT {BY_TWO}',
            migrations.RunSQL.noop,
        ),
    ]
