from tests.merchants.casts_penalties import (  # noqa: F401
    judge,
    reader,
    staff,
    stranger,
    stranger_shop,
    third,
)
