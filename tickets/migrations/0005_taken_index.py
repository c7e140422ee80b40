from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Added beside the writers: conversations must not stand still while it is built."""

    atomic = False

    dependencies = [("tickets", "0004_done_index")]
    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(fields=["owner", "accepted_at"], name="conversation_taken"),
        ),
    ]
