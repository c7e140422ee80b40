from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    """Look through all orders without stopping anybody: a transaction of its own."""

    dependencies = [
        ('trade', '0007_refunds'),
    ]

    operations = [
        ValidateConstraint(model_name='order', name='order_refunded_within_paid'),
    ]
