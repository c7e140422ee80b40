from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from accounts.views import (
    coming_in,
    front,
    joining,
    passkeys,
    privacy,
    profile,
    second_step_setup,
    standing,
)


class Favicon(RedirectView):
    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("icons/seal.svg")


urlpatterns = [
    path("", front.front, name="front"),
    path("second-step/", coming_in.second_step, name="second-step"),
    path("passkeys/begin/", passkeys.sign_in_begin, name="passkey-begin"),
    path("passkeys/finish/", passkeys.sign_in_finish, name="passkey-finish"),
    path("join/", joining.join_page, name="join"),
    path("join/code/", joining.join_code, name="join-code"),
    path("reset/", joining.reset_page, name="reset"),
    path("reset/code/", joining.reset_code, name="reset-code"),
    path("reset/password/", joining.reset_new, name="reset-password"),
    path("invitation/", joining.invitation, name="invitation"),
    path("demo/", front.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", front.sign_out, name="sign-out"),
    path("profile/", profile.profile, name="profile"),
    path("profile/password/", profile.password, name="profile-password"),
    path("profile/sessions/end/", profile.end_others, name="end-other-sessions"),
    path("profile/apps/<uuid:key>/end/", profile.end_app, name="end-app"),
    path("profile/sessions/<uuid:key>/end/", profile.end_one, name="end-session"),
    path("profile/prove/", second_step_setup.prove_page, name="prove"),
    path("profile/prove/begin/", passkeys.proof_begin, name="prove-begin"),
    path("profile/prove/finish/", passkeys.proof_finish, name="prove-finish"),
    path("profile/second-step/", second_step_setup.setup, name="second-step-setup"),
    path("profile/second-step/remove/", second_step_setup.remove_app, name="code-app-remove"),
    path("profile/second-step/codes/", second_step_setup.recovery_codes, name="recovery-codes"),
    path("profile/passkeys/begin/", passkeys.new_begin, name="passkey-new-begin"),
    path("profile/passkeys/finish/", passkeys.new_finish, name="passkey-new-finish"),
    path("profile/passkeys/<uuid:key>/", second_step_setup.passkey, name="passkey"),
    path("me/standing/", standing.standing, name="standing"),
    path("me/privacy/", privacy.privacy, name="privacy"),
    path("me/privacy/copies/", privacy.ask_for_copy, name="privacy-copy"),
    path("me/privacy/copies/<prq:key>/", privacy.download_copy, name="privacy-download"),
    path("me/privacy/corrections/", privacy.ask_for_correction, name="privacy-correction"),
    path("me/privacy/erasure/", privacy.ask_for_erasure, name="privacy-erasure"),
    path(
        "me/privacy/requests/<prq:key>/withdrawal/",
        privacy.withdraw_request,
        name="privacy-withdrawal",
    ),
    # Browsers ask for it wherever a page has no link of its own.
    path("favicon.ico", Favicon.as_view()),
    path("look/", front.components, name="components"),
]
