from django.db import migrations

DISPOSITIONS = [
    ("solved", "已解决"),
    ("refund-explained", "已退款处理说明"),
    ("passed-to-merchant", "转商家处理"),
    ("no-reply", "客人未再回复"),
    ("mistake", "误入"),
    ("other", "其它"),
]


def make_dispositions(apps, schema_editor):
    """The words an agent chooses from when a conversation is done; operations may add others."""
    Disposition = apps.get_model("tickets", "Disposition")
    for position, (code, name) in enumerate(DISPOSITIONS, start=1):
        Disposition.objects.get_or_create(code=code, defaults={"name": name, "position": position})


class Migration(migrations.Migration):
    dependencies = [("tickets", "0002_posting")]
    operations = [migrations.RunPython(make_dispositions, migrations.RunPython.noop)]
