from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from accounts import views


class Favicon(RedirectView):
    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("icons/seal.svg")


urlpatterns = [
    path("", views.front, name="front"),
    path("second-step/", views.second_step, name="second-step"),
    path("demo/", views.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("profile/", views.profile, name="profile"),
    # Browsers ask for it wherever a page has no link of its own.
    path("favicon.ico", Favicon.as_view()),
    path("look/", views.components, name="components"),
]
