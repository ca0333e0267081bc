"""Files that are signed and encrypted: whose keys, and what was in them. A process of the release
before inserts connections without the columns: the database fills them. Can be run again."""

import django.db.models.deletion
from django.db import migrations, models

import apps.core.public_ids

CONNECTION, PGP = 'statement_sources_sourceconnection', 'source_connection_pgp'


def column(name, sql, field):
    return migrations.RunSQL(
        f'ALTER TABLE {CONNECTION} ADD COLUMN IF NOT EXISTS {name} {sql}',
        f'ALTER TABLE {CONNECTION} DROP COLUMN IF EXISTS {name}',
        state_operations=[
            migrations.AddField(model_name='sourceconnection', name=name, field=field),
        ],
    )


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('statement_sources', '0003_uploads'),
    ]

    operations = [
        column('pgp_mode', "varchar(12) DEFAULT 'plain' NOT NULL", models.CharField(choices=[('plain', 'as they are'), ('signed', 'signed (OpenPGP)'), ('encrypted', 'signed, and encrypted to us (OpenPGP)')], db_default='plain', default='plain', max_length=12, verbose_name='the files')),
        column('pgp_provider_keys', "text DEFAULT '' NOT NULL", models.TextField(blank=True, db_default='', default='')),
        column('pgp_our_keys', "text DEFAULT '' NOT NULL", models.TextField(blank=True, db_default='', default='')),
        column('pgp_keys', "jsonb DEFAULT '[]'::jsonb NOT NULL", models.JSONField(blank=True, db_default=[], default=list)),
        column('pgp_secrets_encrypted', 'bytea NULL', models.BinaryField(null=True)),
        column('pgp_overlap_until', 'date NULL', models.DateField(blank=True, null=True)),
        migrations.RunSQL(f'ALTER TABLE {CONNECTION} DROP CONSTRAINT IF EXISTS {PGP}', migrations.RunSQL.noop),
        migrations.RunSQL(
            f"ALTER TABLE {CONNECTION} ADD CONSTRAINT {PGP} CHECK (pgp_mode = 'plain'"
            " OR pgp_provider_keys <> '' AND (pgp_mode = 'signed' OR pgp_secrets_encrypted IS NOT NULL))"
            ' NOT VALID',
            f'ALTER TABLE {CONNECTION} DROP CONSTRAINT IF EXISTS {PGP}',
            state_operations=[
                migrations.AddConstraint(
                    model_name='sourceconnection',
                    constraint=models.CheckConstraint(
                        condition=models.Q(pgp_mode='plain')
                        | (
                            ~models.Q(pgp_provider_keys='')
                            & (models.Q(pgp_mode='signed') | models.Q(pgp_secrets_encrypted__isnull=False))
                        ),
                        name=PGP,
                    ),
                ),
            ],
        ),
        migrations.RunSQL(f'ALTER TABLE {CONNECTION} VALIDATE CONSTRAINT {PGP}', migrations.RunSQL.noop),
        migrations.CreateModel(
            name='OpenedFile',
            fields=[
                ('file', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='opened', serialize=False, to='statement_sources.receivedfile')),
                ('sha256', models.BinaryField(max_length=32)),
                ('size', models.BigIntegerField(verbose_name='size')),
                ('pieces', models.PositiveIntegerField()),
                ('signed_by', models.CharField(max_length=64, verbose_name='signed by')),
                ('signed_at', models.DateTimeField(verbose_name='signed')),
                ('encrypted_to', models.CharField(blank=True, default='', max_length=64, verbose_name='encrypted to')),
                ('opened_at', models.DateTimeField(verbose_name='opened')),
                ('connection', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='statement_sources.sourceconnection')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('signed_by', ''), _negated=True), name='opened_file_is_signed')],
            },
        ),
        migrations.CreateModel(
            name='OpenedPiece',
            fields=[
                ('id', models.UUIDField(default=apps.core.public_ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('content_encrypted', models.BinaryField()),
                ('opened', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='statement_sources.openedfile')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('opened', 'number'), name='opened_piece_once')],
            },
        ),
    ]
