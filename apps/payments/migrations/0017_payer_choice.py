"""A payer may say on our page which number pays.

A constant default is written to no row. Safe to run again after it was interrupted. Processes of
the release before insert payments without the column: the database fills it.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    # Each statement commits by itself: nothing stays locked while the rows are read.
    atomic = False

    dependencies = [
        ('payments', '0016_fee_by_plan'),
    ]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE payments_payment ADD COLUMN IF NOT EXISTS payer_choice varchar(8) DEFAULT '' NOT NULL",
            'ALTER TABLE payments_payment DROP COLUMN IF EXISTS payer_choice',
            state_operations=[
                migrations.AddField(
                    model_name='payment',
                    name='payer_choice',
                    field=models.CharField(blank=True, choices=[('open', 'open'), ('made', 'made')], db_default='', default='', max_length=8, verbose_name='payer’s choice'),
                ),
            ],
        ),
    ]
