"""What proves that a process has the keys this database was sealed under."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='KeyCanary',
            fields=[
                ('key_id', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('proof', models.BinaryField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'key canary',
                'verbose_name_plural': 'key canaries',
            },
        ),
    ]
