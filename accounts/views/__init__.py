"""Pages about people."""

from accounts.views.coming_in import second_step
from accounts.views.front import components, demo_sign_in, front, sign_out
from accounts.views.profile import profile

__all__ = ["components", "demo_sign_in", "front", "profile", "second_step", "sign_out"]
