"""Standing in the back office: rules and their preview, entries, titles, guides, runs, charts, segments."""

from accounts.admin.standing import (  # noqa: F401  (each registers its part)
    facts,
    population,
    rows,
    rules,
    segments,
)
