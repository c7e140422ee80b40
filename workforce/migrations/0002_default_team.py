from django.db import migrations


def make_default_team(apps, schema_editor):
    """Conversations need a queue from the first day on."""
    Team = apps.get_model("workforce", "Team")
    if not Team.objects.filter(is_default=True).exists():
        Team.objects.get_or_create(code="general", defaults={"name": "综合组", "is_default": True})


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]
    operations = [migrations.RunPython(make_default_team, migrations.RunPython.noop)]
