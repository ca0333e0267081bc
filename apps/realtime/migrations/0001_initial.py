import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('webhooks', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='FeedEntry',
            fields=[
                ('position', models.BigAutoField(primary_key=True, serialize=False)),
                ('merchant_id', models.UUIDField(verbose_name='merchant')),
                ('livemode', models.BooleanField(verbose_name='live mode')),
                ('created_at', models.DateTimeField(verbose_name='created')),
                ('event', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, to='webhooks.event', verbose_name='event')),
            ],
            options={
                'verbose_name': 'feed entry',
                'verbose_name_plural': 'feed entries',
                'indexes': [models.Index(fields=['merchant_id', 'livemode', 'position'], name='feed_by_merchant')],
            },
        ),
    ]
