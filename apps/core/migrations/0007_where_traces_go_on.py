"""Where traces go on: empty while there are none."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('core', '0006_contradictions_are_of_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='TraceContext',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('traceparent', models.CharField(max_length=55)),
            ],
        ),
    ]
