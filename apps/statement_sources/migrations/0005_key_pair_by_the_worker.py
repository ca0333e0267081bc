"""A key pair of ours is made by a worker: until then a draft says which kind. A process of the
release before inserts connections without the column: the database fills it. Can be run again."""

from django.db import migrations, models

CONNECTION, PGP = 'statement_sources_sourceconnection', 'source_connection_pgp'
MADE = 'source_connection_key_made'


def constraint(name, sql, condition):
    return [
        migrations.RunSQL(f'ALTER TABLE {CONNECTION} DROP CONSTRAINT IF EXISTS {name}', migrations.RunSQL.noop),
        migrations.RunSQL(
            f'ALTER TABLE {CONNECTION} ADD CONSTRAINT {name} CHECK ({sql}) NOT VALID',
            f'ALTER TABLE {CONNECTION} DROP CONSTRAINT IF EXISTS {name}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='sourceconnection',
                    constraint=models.CheckConstraint(condition=condition, name=name),
                ),
            ],
        ),
        migrations.RunSQL(f'ALTER TABLE {CONNECTION} VALIDATE CONSTRAINT {name}', migrations.RunSQL.noop),
    ]


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('statement_sources', '0004_signed_and_encrypted_files'),
    ]

    operations = [
        migrations.RunSQL(
            f"ALTER TABLE {CONNECTION} ADD COLUMN IF NOT EXISTS pgp_key_wanted varchar(12) DEFAULT '' NOT NULL",
            f'ALTER TABLE {CONNECTION} DROP COLUMN IF EXISTS pgp_key_wanted',
            state_operations=[
                migrations.AddField(
                    model_name='sourceconnection',
                    name='pgp_key_wanted',
                    field=models.CharField(blank=True, db_default='', default='', max_length=12),
                ),
                migrations.RemoveConstraint(model_name='sourceconnection', name=PGP),
            ],
        ),
        *constraint(
            PGP,
            "pgp_mode = 'plain' OR pgp_provider_keys <> '' AND (pgp_mode = 'signed'"
            " OR pgp_secrets_encrypted IS NOT NULL OR pgp_key_wanted <> '')",
            models.Q(pgp_mode='plain')
            | (
                ~models.Q(pgp_provider_keys='')
                & (
                    models.Q(pgp_mode='signed')
                    | models.Q(pgp_secrets_encrypted__isnull=False)
                    | ~models.Q(pgp_key_wanted='')
                )
            ),
        ),
        *constraint(
            MADE,
            "number IS NULL OR pgp_key_wanted = ''",
            models.Q(number=None) | models.Q(pgp_key_wanted=''),
        ),
    ]
