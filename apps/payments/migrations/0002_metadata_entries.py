from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='MetadataEntry',
            fields=[
                ('pk', models.CompositePrimaryKey('token', 'payment_id', blank=True, editable=False, primary_key=True, serialize=False)),
                ('token', models.BigIntegerField()),
                ('payment_id', models.UUIDField()),
            ],
            options={
                'verbose_name': 'metadata entry',
                'verbose_name_plural': 'metadata entries',
            },
        ),
    ]
