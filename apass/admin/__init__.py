from apass.rollouts import admin  # noqa: F401  (registers it)
