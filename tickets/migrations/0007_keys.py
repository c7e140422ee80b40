from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"

# Files that were sent before are called by their new name as well: found by the conversations that
# have files, one index look-up each.
NAME_FILES = """
UPDATE tickets_message m
   SET payload = jsonb_set(m.payload, '{attachment}', to_jsonb('att_' || replace(a.id::text, '-', '')))
  FROM tickets_attachment a
 WHERE m.conversation_id = a.conversation_id AND m.payload ->> 'attachment' = a.id::text
"""
UNNAME_FILES = """
UPDATE tickets_message m
   SET payload = jsonb_set(m.payload, '{attachment}', to_jsonb(a.id::text))
  FROM tickets_attachment a
 WHERE m.conversation_id = a.conversation_id
   AND m.payload ->> 'attachment' = 'att_' || replace(a.id::text, '-', '')
"""


def before():
    """Return the statement of migration 2 as it was, in a form that replaces."""
    whole = (SQL / "0002_post.sql").read_text("utf-8")
    return whole[whole.index("CREATE FUNCTION tickets_post"):].replace("CREATE", "CREATE OR REPLACE", 1)


class Migration(migrations.Migration):
    """Whatever leaves the house is called by its key with a prefix: cnv_…, att_…."""

    dependencies = [("tickets", "0006_changes")]
    operations = [
        migrations.RunSQL((SQL / "0007_post.sql").read_text("utf-8"), before()),
        migrations.RunSQL(NAME_FILES, UNNAME_FILES),
    ]
