"""Plans price payouts and refunds too."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('fees', '0002_plans_of_merchants'),
    ]

    operations = [
        # Words alone: no statement comes of them.
        migrations.AlterField(
            model_name='feeline',
            name='operation',
            field=models.CharField(choices=[('collect', 'payment'), ('disburse', 'payout'), ('refund', 'refund')], max_length=12, verbose_name='operation'),
        ),
    ]
