from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Added beside the writers: conversations must not stand still while it is built."""

    atomic = False

    dependencies = [("tickets", "0011_goodwill")]
    operations = [
        AddIndexConcurrently(
            model_name="conversation",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "open"])),
                fields=["shop", "-last_message_at"],
                name="conversation_live_of_shop",
            ),
        ),
    ]
