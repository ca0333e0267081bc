"""A fixed fee says its currency: until now it was shown in the merchant's own.

One column that only touches the catalogue, and one statement over a small table. Safe to re-run.
Old code leaves it blank, which is the merchant's own currency as well.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0004_api_keys_count_their_events'),
    ]

    operations = [
        migrations.AddField(
            model_name='merchant',
            name='fee_currency',
            field=models.CharField(blank=True, choices=[('XOF', 'XOF'), ('XAF', 'XAF'), ('EUR', 'EUR'), ('USD', 'USD')], db_default='', default='', max_length=3, verbose_name='fee, currency'),
        ),
        migrations.RunSQL(
            "UPDATE merchants_merchant SET fee_currency = currency WHERE fee_currency = ''",
            migrations.RunSQL.noop,
        ),
    ]
