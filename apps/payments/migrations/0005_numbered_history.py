from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0004_indexes_of_the_list'),
    ]

    # Columns that are null or have a constant default: nothing is rewritten.
    operations = [
        migrations.AddField(
            model_name='attempt',
            name='credentials_fingerprint',
            field=models.BinaryField(blank=True, max_length=8, null=True),
        ),
        migrations.AddField(
            model_name='attempt',
            name='repeats',
            field=models.IntegerField(db_default=0, default=0, verbose_name='repeats'),
        ),
        migrations.AddField(
            model_name='attempt',
            name='sequence',
            field=models.IntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='payment',
            name='amount_received',
            field=models.BigIntegerField(blank=True, null=True, verbose_name='amount received'),
        ),
        migrations.AddField(
            model_name='statuschange',
            name='sequence',
            field=models.IntegerField(null=True),
        ),
    ]
