from django.db import migrations

# Code, column, the words of the first day, the words that take the number.
WORDS = (
    ("worry-free-return", "promise_zh", "七天内不用说原因就能退，运费我们出。",
     "{days}天内不用说原因就能退，运费我们出。"),
    ("worry-free-return", "promise_en", "Return within seven days without a reason; we pay the freight.",
     "Return within {days} days without a reason; we pay the freight."),
    ("dedicated-manager", "promise_zh", "有一位专人照看您，三分钟内回电。",
     "有一位专人照看您，在约定的时间内回电。"),
    ("dedicated-manager", "promise_en",
     "A person of your own looks after you and calls back within three minutes.",
     "A person of your own looks after you and calls back within the time named."),
)


def say_numbers(apps, schema_editor):
    """Change what nobody has rewritten since: the number follows the parameter from now on."""
    entitlements = apps.get_model("apass", "Entitlement")
    for code, column, before, after in WORDS:
        entitlements.objects.filter(code=code, **{column: before}).update(**{column: after})


def say_words(apps, schema_editor):
    entitlements = apps.get_model("apass", "Entitlement")
    for code, column, before, after in WORDS:
        entitlements.objects.filter(code=code, **{column: after}).update(**{column: before})


class Migration(migrations.Migration):
    dependencies = [("apass", "0004_named_segments")]

    operations = [migrations.RunPython(say_numbers, say_words)]
