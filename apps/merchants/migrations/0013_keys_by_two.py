"""Who asked for a live key that two people agreed on. No row is written; can be run again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0012_reserve_cap'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='asked_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=60),
        ),
    ]
