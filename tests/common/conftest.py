"""Measure how work grows, not how long it takes: shared machines make seconds worthless."""

from collections.abc import Callable
from time import process_time

import pytest


@pytest.fixture
def growth() -> Callable[..., float]:
    """Return how many times more work ``times`` as much input costs (linear: about ``times``)."""

    def measure(function, make, size, times=4):
        def cost(text):
            rounds = []
            for _ in range(3):
                before = process_time()
                function(text)
                rounds.append(process_time() - before)
            return max(min(rounds), 1e-4)

        return cost(make(size * times)) / cost(make(size))

    return measure
