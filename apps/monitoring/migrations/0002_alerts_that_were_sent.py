"""What was sent of an alert has a name of its own: "notification" is a provider's, in French."""

from django.db import migrations


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('monitoring', '0001_initial'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='notification',
            options={'verbose_name': 'alert that was sent', 'verbose_name_plural': 'alerts that were sent'},
        ),
    ]
