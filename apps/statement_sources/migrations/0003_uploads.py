"""What people upload comes by a source, too. Nothing of the table changes."""

from django.db import migrations, models


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('statement_sources', '0002_days_asked_for'),
    ]

    operations = [
        migrations.AlterField(
            model_name='statementsource',
            name='way',
            field=models.CharField(choices=[('sftp_pull', 'we fetch by SFTP'), ('drop_in', 'the provider drops in by SFTP'), ('api', 'we ask the provider’s API'), ('upload', 'people upload it')], max_length=12, verbose_name='way'),
        ),
    ]
