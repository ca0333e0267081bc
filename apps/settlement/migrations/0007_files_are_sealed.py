"""Bank files go signed and encrypted: what was sealed is kept. Beside the traffic; can be run again."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('settlement', '0006_files_are_delivered'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankfile',
            name='sealed_encrypted',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='bankfile',
            name='sealed_for',
            field=models.BinaryField(max_length=32, null=True),
        ),
    ]
