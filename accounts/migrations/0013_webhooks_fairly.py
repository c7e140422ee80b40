from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """Deliveries are claimed endpoint by endpoint; made beside the running house."""

    atomic = False
    dependencies = [("accounts", "0012_closed_by_erasure")]

    operations = [
        AddIndexConcurrently(
            model_name="webhookdelivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["endpoint", "next_at"],
                name="webhook_delivery_next",
            ),
        ),
        RemoveIndexConcurrently(model_name="webhookdelivery", name="webhook_delivery_due"),
    ]
