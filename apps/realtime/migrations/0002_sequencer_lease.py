from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('realtime', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='SequencerLease',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('holder', models.UUIDField()),
                ('until', models.DateTimeField()),
                ('horizon', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': "sequencer's lease",
                'verbose_name_plural': "sequencer's lease",
            },
        ),
    ]
