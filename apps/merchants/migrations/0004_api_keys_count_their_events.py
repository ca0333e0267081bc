from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('merchants', '0003_keys_with_few_scopes_are_restricted'),
    ]

    operations = [
        migrations.AddField(
            model_name='apikey',
            name='event_sequence',
            field=models.PositiveIntegerField(db_default=0, editable=False),
        ),
    ]
