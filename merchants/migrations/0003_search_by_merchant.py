from django.db import migrations

from common.search.feeds import feed_about


class Migration(migrations.Migration):
    """A shop is found by its merchant's name: when that changes, its shops are written anew."""

    dependencies = [("merchants", "0002_search")]

    operations = [
        feed_about(
            "shop",
            "merchants_merchant",
            "SELECT shop.id::text FROM merchants_shop shop WHERE shop.merchant_id = NEW.id",
            ("name",),
        ),
    ]
