from django.db import migrations

from common.search.feeds import feed_about

_CONVERSATIONS = (
    "SELECT talk.id::text FROM tickets_conversation talk WHERE talk.{column}_id = NEW.id"
)


class Migration(migrations.Migration):
    """A talk is found by its member's number and by its order: when these change, it is written anew."""

    dependencies = [
        ("tickets", "0008_search"),
        ("accounts", "0008_search"),
        ("trade", "0004_search"),
    ]

    operations = [
        feed_about(
            "conversation",
            "accounts_member",
            _CONVERSATIONS.format(column="member"),
            ("member_no",),
        ),
        feed_about(
            "conversation",
            "trade_order",
            _CONVERSATIONS.format(column="order"),
            ("order_no", "product"),
        ),
    ]
