"""Whoever corrected a line, last or earlier, does not confirm its payee. Beside the traffic; can be
run again. Processes of the release before write lines without the column: the database fills it."""

from django.db import migrations, models

CONFIRMED_BY_ANOTHER = """
CREATE OR REPLACE FUNCTION payout_batches_hold_confirmation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- A line that is corrected waits for its batch, as its confirmation does.
    IF EXISTS (SELECT FROM payout_batches_payoutbatchline l
                WHERE l.id = NEW.id AND l.correctors ? NEW.confirmed_by)
    THEN
        RAISE EXCEPTION 'nobody confirms the payee of a line she corrected'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    -- The name is erased once it is old, and stays confirmed.
    IF NEW.rail_name_encrypted IS NULL
       AND (TG_OP = 'INSERT' OR OLD.confirmed_by IS DISTINCT FROM NEW.confirmed_by)
    THEN
        RAISE EXCEPTION 'nobody confirms whom she cannot see'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payout_batches', '0005_fee_by_plan'),
    ]

    operations = [
        migrations.RunSQL(
            'ALTER TABLE payout_batches_payoutbatchline'
            " ADD COLUMN IF NOT EXISTS correctors jsonb DEFAULT '[]'::jsonb NOT NULL",
            'ALTER TABLE payout_batches_payoutbatchline DROP COLUMN IF EXISTS correctors',
            state_operations=[
                migrations.AddField(
                    model_name='payoutbatchline',
                    name='correctors',
                    field=models.JSONField(blank=True, db_default=models.Value([], models.JSONField()), default=list, verbose_name='corrected by'),
                ),
            ],
        ),
        migrations.RunSQL(
            CONFIRMED_BY_ANOTHER, 'DROP FUNCTION IF EXISTS payout_batches_hold_confirmation'
        ),
        migrations.RunSQL(
            'CREATE OR REPLACE TRIGGER payout_batches_hold_confirmation'
            ' BEFORE INSERT OR UPDATE ON payout_batches_namecheck FOR EACH ROW'
            " WHEN (NEW.confirmed_by <> '') EXECUTE FUNCTION payout_batches_hold_confirmation()",
            'DROP TRIGGER IF EXISTS payout_batches_hold_confirmation ON payout_batches_namecheck',
        ),
    ]
