"""A refusal of the app below, said on the form it was asked by."""

from typing import Any

from django.http import HttpRequest

from common.errors import DomainError


class Refusing:
    """A ``ModelAdmin`` whose forms show what only the action sees, with everything typed kept."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> Any:
        show: Any = super().changeform_view  # type: ignore[misc]
        try:
            return show(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            # Its transaction is undone. Once more, with a form that knows of the refusal.
            request.refusal = refusal  # type: ignore[attr-defined]
            return show(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)  # type: ignore[misc]
        refusal = getattr(request, "refusal", None)
        if refusal is None:
            return form

        def clean(self: Any) -> Any:
            given = form.clean(self)
            self.add_error(None, refusal.message)
            return given

        return type(form.__name__, (form,), {"clean": clean})
