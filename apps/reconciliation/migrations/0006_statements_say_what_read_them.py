from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconciliation', '0005_lines_say_what_was_asked'),
    ]

    operations = [
        migrations.AddField(
            model_name='statement',
            name='profile_version_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='read with'),
        ),
    ]
