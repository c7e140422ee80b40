from tests.merchants.casts_rulebook import (  # noqa: F401  (fixtures)
    consulted,
    draft,
    lingshan,
    lu,
    reviewed,
    rule,
    zhao,
)
