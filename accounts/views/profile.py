"""A person's own page: language, password, second step, passkeys, and where they are signed in."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.actions import set_language
from accounts.forms import ProfileForm
from accounts.people import signed_in
from accounts.views.coming_in import speak


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Let people choose their language; theme, keys and notices are kept by the browser."""
    form = ProfileForm(request.POST or None, initial={"language": translation.get_language()})
    if request.method == "POST" and form.is_valid():
        language = form.cleaned_data["language"]
        user = signed_in(request)
        set_language(user, language, by=user)
        response = redirect("profile")
        speak(response, language)
        return response
    return render(request, "accounts/profile.html", {"form": form})
