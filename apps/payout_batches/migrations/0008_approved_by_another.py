"""Whoever made a batch, or corrected a line that it sends, does not approve it, whatever the code
says. Beside the traffic; can be run again."""

from django.db import migrations

APPROVED_BY_ANOTHER = """
CREATE OR REPLACE FUNCTION payout_batches_hold_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.approved_by = NEW.created_by OR EXISTS (
        SELECT FROM payout_batches_payoutbatchline l
          LEFT JOIN payout_batches_namecheck n ON n.id = l.id
         WHERE l.batch_id = NEW.id AND l.status = 'ready'
           AND (l.correctors ? NEW.approved_by OR n.corrected_by = NEW.approved_by))
    THEN
        RAISE EXCEPTION 'nobody approves a batch that she made or corrected'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""

CORRECTED_BY_ANOTHER = """
CREATE OR REPLACE FUNCTION payout_batches_hold_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payout_batches_payoutbatch b
                WHERE b.id = NEW.batch_id AND b.approved_by <> ''
                  AND NEW.correctors ? b.approved_by)
    THEN
        RAISE EXCEPTION 'nobody corrects what she approved'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END
$$
"""


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('payout_batches', '0007_lines_say_how_they_were_priced'),
    ]

    operations = [
        migrations.RunSQL(
            APPROVED_BY_ANOTHER, 'DROP FUNCTION IF EXISTS payout_batches_hold_approval'
        ),
        migrations.RunSQL(
            'CREATE OR REPLACE TRIGGER payout_batches_hold_approval'
            ' BEFORE UPDATE OF approved_by ON payout_batches_payoutbatch FOR EACH ROW'
            " WHEN (NEW.approved_by <> '' AND NEW.approved_by <> OLD.approved_by)"
            ' EXECUTE FUNCTION payout_batches_hold_approval()',
            'DROP TRIGGER IF EXISTS payout_batches_hold_approval ON payout_batches_payoutbatch',
        ),
        migrations.RunSQL(
            CORRECTED_BY_ANOTHER, 'DROP FUNCTION IF EXISTS payout_batches_hold_correction'
        ),
        # A line that is sent, and none that was said to be wrong or left out.
        migrations.RunSQL(
            'CREATE OR REPLACE TRIGGER payout_batches_hold_correction'
            ' BEFORE INSERT OR UPDATE OF correctors, status, batch_id'
            ' ON payout_batches_payoutbatchline FOR EACH ROW'
            " WHEN (NEW.status = 'ready' AND NEW.correctors <> '[]'::jsonb)"
            ' EXECUTE FUNCTION payout_batches_hold_correction()',
            'DROP TRIGGER IF EXISTS payout_batches_hold_correction'
            ' ON payout_batches_payoutbatchline',
        ),
    ]
