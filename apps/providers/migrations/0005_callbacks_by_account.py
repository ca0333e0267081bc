"""A provider may have one address for all its callbacks; its headers are kept. Nulls only."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('providers', '0004_fingerprint_kept'),
    ]

    operations = [
        migrations.AddField(
            model_name='callback',
            name='headers_encrypted',
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name='callback',
            name='provider_account_id',
            field=models.UUIDField(blank=True, null=True, verbose_name='provider account'),
        ),
        migrations.AlterField(
            model_name='callback',
            name='attempt_id',
            field=models.UUIDField(blank=True, db_index=True, null=True, verbose_name='attempt'),
        ),
    ]
