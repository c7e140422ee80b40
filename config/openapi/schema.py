"""Puts the description together: what the views declare, and what is true of all of them."""

from typing import Any, ClassVar

from django.conf import settings
from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS, AllowAny

from accounts.scopes import scope_of
from common.rest import PROBLEM, Problem, Sent
from common.rest.problems import status_title
from config.openapi import refusals
from config.openapi.examples import EXAMPLES
from config.openapi.operations import OPERATIONS
from tickets.api.base import ConversationEndpoint

PREFIX = "/api/v1"
EVERYWHERE = ("X-Request-Id", "RateLimit", "RateLimit-Policy")


def only_the_rest(endpoints: list[Any], **_given: Any) -> list[Any]:
    """Leave out what is not under /api/v1/."""
    return [one for one in endpoints if one[0].startswith(f"{PREFIX}/")]


class HouseSchema(AutoSchema):
    """What every operation is called, who may ask, how it refuses, which headers it knows."""

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            self._add_parameters(operation)
            self._add_refusals(operation)
            self._add_headers(operation)
            self._add_examples(operation)
        return operation

    # --- What it is called ----------------------------------------------------------------------

    @property
    def operation(self) -> tuple[str, str]:
        """Return the operation's name and its tag."""
        return OPERATIONS[f"{self.method} {self.path.removeprefix(PREFIX)}"]

    def get_operation_id(self) -> str:
        return self.operation[0]

    def get_tags(self) -> list[str]:
        return [self.operation[1]]

    def get_summary(self) -> str:
        return self._words()[0].rstrip(".")

    def get_description(self) -> str:  # type: ignore[override]
        _summary, _line, more = self._words()
        scope = self.scope
        closed = "Closed to integration tokens." if not self.for_strangers else ""
        needs = f"Integration tokens need the scope `{scope}`." if scope else closed
        return "\n\n".join(part for part in (more.strip(), needs) if part)

    def _words(self) -> tuple[str, str, str]:
        said = str(getattr(self.view, self.method.lower()).__doc__ or "")
        lines = [line.strip() for line in said.strip().splitlines()]
        return "\n".join(lines).partition("\n\n")

    # --- Who may ask ----------------------------------------------------------------------------

    @property
    def for_strangers(self) -> bool:
        """Tell whether one asks without being signed in."""
        return any(isinstance(one, AllowAny) for one in self.view.get_permissions())

    @property
    def scope(self) -> str:
        """Return the scope an integration token needs; empty when it may not ask at all."""
        resource = getattr(self.view, "resource", "")
        return scope_of(resource, safe=self.method in SAFE_METHODS) if resource else ""

    def get_request_serializer(self) -> Any:
        return None

    def get_response_serializers(self) -> Any:
        return None

    # --- What goes in and comes out -------------------------------------------------------------

    def _map_serializer(self, serializer: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer(serializer, *args, **kwargs)
        kind = serializer if isinstance(serializer, type) else type(serializer)
        if issubclass(kind, Sent):
            schema["additionalProperties"] = False
        return schema

    def _map_serializer_field(self, field: Any, *args: Any, **kwargs: Any) -> Any:
        schema = super()._map_serializer_field(field, *args, **kwargs)
        if isinstance(field, serializers.JSONField):
            # Anything may be null as it is; "one of anything and null" fits null twice.
            schema.pop("oneOf", None)
        return schema

    def _get_request_body(self, direction: Any = "request") -> Any:
        if self.method != "DELETE":
            return super()._get_request_body(direction)
        if self.get_request_serializer() is None:
            return None
        # A reason goes along with what is taken back.
        self.method = "POST"
        try:
            return super()._get_request_body(direction)
        finally:
            self.method = "DELETE"

    def _add_parameters(self, operation: dict[str, Any]) -> None:
        names = []
        if self.method == "GET":
            names += ["If-None-Match"] if self.is_read else []
            names += ["fields"] if getattr(self.view, "shape", None) else []
        elif self.is_keyed:
            names.append("Idempotency-Key")
        if self.is_matched:
            names.append("If-Match")
        refs = [{"$ref": f"#/components/parameters/{name}"} for name in names]
        if refs:
            operation["parameters"] = operation.get("parameters", []) + refs

    @property
    def is_read(self) -> bool:
        """Tell whether the answer has an ETag."""
        return self.method == "GET" and self.operation[0] != "downloadAttachment"

    @property
    def is_keyed(self) -> bool:
        """Tell whether the operation takes an idempotency key."""
        keeps = getattr(self.view, "keeps_answers", False)
        return self.method == "POST" and keeps and not self.for_strangers

    @property
    def is_matched(self) -> bool:
        """Tell whether the operation compares the version one has seen."""
        return 412 in {_status(key) for key in self.declared}

    @property
    def is_versioned(self) -> bool:
        """Tell whether what is changed answers with its new version."""
        return self.method != "GET" and isinstance(self.view, ConversationEndpoint)

    @property
    def declared(self) -> dict[Any, Any]:
        """Return the answers the view declares."""
        found = self.get_response_serializers()
        return found if isinstance(found, dict) else {}

    def _add_refusals(self, operation: dict[str, Any]) -> None:
        answers = operation["responses"]
        tables = [refusals.ALWAYS]
        if self.for_strangers:
            tables = [{status: refusals.ALWAYS[status] for status in (406, 429)}]
        elif self.method not in SAFE_METHODS:
            tables.append(refusals.CHANGING)
        parameters = operation.get("parameters", [])
        if any(
            one.get("in") == "query" or one.get("$ref", "").endswith("fields") for one in parameters
        ):
            tables.append(refusals.ASKED)
        if any(one.get("name") == "cursor" for one in parameters):
            tables.append(refusals.PAGED)
        if "{" in self.path or "404" in answers:
            tables.append(refusals.FOUND)
        tables += [refusals.KEYED] if self.is_keyed else []
        # A request that takes no body refuses one as strictly as the others their unknown fields.
        tables += [refusals.SENT] if self.method not in SAFE_METHODS else []
        tables += [refusals.MATCHED] if self.is_matched else []
        tables.append(refusals.OWN.get(self.operation[0], {}))
        problem = {"$ref": self.resolve_serializer(Problem, "response").ref["$ref"]}
        found = refusals.joined(*tables)
        kept = {status: said for status, said in answers.items() if int(status) < 400}
        for status, codes in found.items():
            declared = answers.get(str(status), {})
            content = declared.get("content") or {PROBLEM: {"schema": problem}}
            named = ", ".join(f"`{code}`" for code in codes)
            kept[str(status)] = {
                "description": f"{status_title(status)}: {named}.",
                "content": {PROBLEM: next(iter(content.values()))},
                "x-codes": list(codes),
            }
        operation["responses"] = dict(sorted(kept.items()))

    def _add_headers(self, operation: dict[str, Any]) -> None:
        answers = operation["responses"]
        if self.is_read:
            answers["304"] = {"description": "Nothing new since `If-None-Match`."}
        is_paged = any(one.get("name") == "cursor" for one in operation.get("parameters", []))
        for status, answer in answers.items():
            names = list(EVERYWHERE)
            names += ["ETag"] if status in ("200", "304") and self.is_read else []
            names += ["ETag"] if status in ("200", "201") and self.is_versioned else []
            names += ["Link"] if status == "200" and is_paged else []
            names += ["Idempotent-Replayed"] if self.is_keyed and int(status) < 300 else []
            names += (
                ["Retry-After"] if status == "429" or (status == "409" and self.is_keyed) else []
            )
            names += ["WWW-Authenticate"] if status == "401" else []
            if self.operation[0] == "downloadAttachment" and status == "200":
                names.append("Content-Disposition")
            answer["description"] = answer.get("description") or "Done."
            if status.startswith("2") and "content" in answer:
                answer["description"] = "What was asked for." if status == "200" else "Made."
            answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
        operation["responses"] = dict(sorted(answers.items()))

    def _add_examples(self, operation: dict[str, Any]) -> None:
        shown = EXAMPLES.get(self.operation[0], {})
        if "request" in shown:
            (body,) = operation["requestBody"]["content"].values()
            body["examples"] = {"example": {"value": shown["request"]}}
        for status, value in shown.get("answers", {}).items():
            (body,) = operation["responses"][str(status)]["content"].values()
            body["examples"] = {"example": {"value": value}}


def _status(key: Any) -> int:
    return int(key[0] if isinstance(key, tuple) else key)


class KeyFieldSchema(OpenApiSerializerFieldExtension):
    """An id with its prefix."""

    target_class = "common.rest.sent.KeyField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^{self.target.prefix}_[0-9a-f]{{32}}$"}


class BearerScheme(OpenApiAuthenticationExtension):
    """An app on a device, or a system with an integration token."""

    target_class = "accounts.authentication.BearerAuthentication"
    name: ClassVar[list[str]] = ["device", "integration"]  # type: ignore[misc]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        scope = auto_schema.scope
        return [{"device": []}, *([{"integration": [scope]}] if scope else [])]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "description": "The access token of `POST /api/v1/sign-ins/` (`xat_…`).",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "description": "An integration token (`xit_…`) with the scopes named beside it.",
            },
        ]


class SessionScheme(OpenApiAuthenticationExtension):
    """A page of ours."""

    target_class = "common.rest.session.SessionSignIn"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": settings.SESSION_COOKIE_NAME,
            "description": "Our own pages; every change carries the CSRF token in `X-CSRFToken`.",
        }
