from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0008_discrepancies_that_act'),
    ]

    operations = [
        migrations.AddField(
            model_name='statement',
            name='profile_version_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='read with'),
        ),
    ]
