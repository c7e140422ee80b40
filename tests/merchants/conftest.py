from tests.merchants.casts_key_accounts import (  # noqa: F401
    looked_after,
    owner,
    second_shop,
    sui,
)
from tests.merchants.casts_penalties import (  # noqa: F401
    judge,
    reader,
    staff,
    stranger,
    stranger_shop,
    third,
)
from tests.merchants.casts_rulebook import (  # noqa: F401  (fixtures)
    consulted,
    draft,
    lingshan,
    lu,
    reviewed,
    rule,
    zhao,
)
