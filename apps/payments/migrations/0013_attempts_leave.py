"""Attempts and the history leave for the engine's app, and know no payment.

The tables and their rows stay where they are: only who they belong to changes.
"""

from django.db import migrations


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payments', '0012_what_changes_stands_apart'),
        ('orchestration', '0001_attempts_come'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel('StatusChange'),
                migrations.DeleteModel('DueAttempt'),
                migrations.DeleteModel('Attempt'),
            ],
        ),
    ]
