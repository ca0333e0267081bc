"""Of each address whether it has the report, and who is sending it. Columns that may be empty."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('day_reports', '0002_who_is_sent_day_reports'),
    ]

    operations = [
        migrations.AddField(
            model_name='reportsending',
            name='receivers',
            field=models.JSONField(blank=True, null=True, verbose_name='addresses'),
        ),
        migrations.AddField(
            model_name='reportsending',
            name='sending_until',
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
