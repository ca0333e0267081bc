from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0004_days_of_known_statements'),
    ]

    operations = [
        migrations.AddField(
            model_name='statementline',
            name='operation',
            field=models.CharField(blank=True, choices=[('collect', 'collect'), ('refund', 'refund'), ('disburse', 'disburse')], db_default='', default='', max_length=12, verbose_name='operation'),
        ),
    ]
