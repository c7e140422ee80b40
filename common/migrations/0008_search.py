import django.contrib.postgres.fields
from django.db import migrations, models

# What the index over lines holds, and how ``common.search.words.grams`` asks it: pairs of characters
# as numbers of 32 bits, and runs of four letters or digits besides. Its cost makes the planner take
# the index; as it is restricted no workers are started, which would cost more than finding a rare
# word does. Only built-in functions inside: indexes are rebuilt where no others are in sight.
GRAMS = """
CREATE FUNCTION common_grams(words text, sounds text, hidden text) RETURNS int[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL RESTRICTED COST 5000 AS $$
DECLARE
    line text := words || sounds || hidden;
    grams int[];
    run text;
BEGIN
    SELECT array_agg((((ascii(a)::bigint << 16) # ascii(b)) & 4294967295) - 2147483648) INTO grams
      FROM unnest(string_to_array(line, NULL), string_to_array(substr(line, 2), NULL)) AS pairs (a, b)
     WHERE ascii(a) > 32 AND ascii(b) > 32;
    IF line ~ '[0-9a-z]{4}' THEN
        FOR run IN SELECT (regexp_matches(line, '[0-9a-z]{4,}', 'g'))[1] LOOP
            grams := grams || (
                SELECT array_agg(
                           (ascii(substr(run, at)) << 21) | (ascii(substr(run, at + 1)) << 14)
                           | (ascii(substr(run, at + 2)) << 7) | ascii(substr(run, at + 3))
                       )
                  FROM generate_series(1, length(run) - 3) AS at
            );
        END LOOP;
    END IF;
    RETURN coalesce(grams, '{}');
END
$$
"""


class Migration(migrations.Migration):
    """What search needs of the database: the pairs of characters of a text, and a queue of changes."""

    dependencies = [("common", "0007_fresh_start")]

    operations = [
        migrations.RunSQL(GRAMS, "DROP FUNCTION common_grams(text, text, text)"),
        migrations.CreateModel(
            name="SearchChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=24, verbose_name="kind")),
                ("keys", django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None, verbose_name="things")),
            ],
            options={"verbose_name": "change to be indexed", "verbose_name_plural": "changes to be indexed"},
        ),
        migrations.CreateModel(
            name="SearchFill",
            fields=[
                ("kind", models.CharField(max_length=24, primary_key=True, serialize=False, verbose_name="kind")),
                ("before", models.TextField(blank=True, default="", verbose_name="done down to")),
                ("done_at", models.DateTimeField(blank=True, null=True, verbose_name="done at")),
            ],
            options={"verbose_name": "filling of the search index", "verbose_name_plural": "filling of the search index"},
        ),
    ]
