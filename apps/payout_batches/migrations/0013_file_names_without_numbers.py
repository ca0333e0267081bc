"""A payer's number in a file's name is kept no longer: what looks like one is hidden, all but its
last two digits. A moment written in digits stays. Can be run again; 1,000 batches a commit."""

from django.db import migrations

# Nine digits or more that are no moment, or a number in groups as people write it.
MOMENT = r'20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])[0-5]\d([0-5]\d)?(?!\d)'
NUMBER = rf'(?<!\d)(?!{MOMENT})\+?\d{{7,13}}(?=\d\d(?!\d))'
GROUPS = r'(?<![\d-])\d{1,3}([ -]\d{2,3}){3,4}(?![\d-])'
NOBODY = '00000000-0000-0000-0000-000000000000'
HIDE = """
WITH chosen AS (
    SELECT id, file_name FROM payout_batches_payoutbatch WHERE id > %(after)s ORDER BY id LIMIT 1000
), hidden AS (
    UPDATE payout_batches_payoutbatch b
       SET file_name = left(regexp_replace(regexp_replace(
               b.file_name, %(groups)s, '•••••••', 'g'), %(number)s, '•••••••', 'g'), 140)
      FROM chosen WHERE b.id = chosen.id AND (b.file_name ~ %(number)s OR b.file_name ~ %(groups)s)
)
SELECT id FROM chosen ORDER BY id DESC LIMIT 1
"""


def hide(apps, schema_editor):
    after = NOBODY
    with schema_editor.connection.cursor() as cursor:
        while after:
            cursor.execute(HIDE, {'after': after, 'number': NUMBER, 'groups': GROUPS})
            row = cursor.fetchone()
            after = row and row[0]


class Migration(migrations.Migration):

    # Each statement commits by itself.
    atomic = False

    dependencies = [
        ('payout_batches', '0012_files_come_in_pieces'),
    ]

    operations = [
        migrations.RunPython(hide, migrations.RunPython.noop),
    ]
