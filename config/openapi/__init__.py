"""The description of the REST: OpenAPI 3.1, generated from the views and the shapes they declare.

``operations`` names every operation, ``refusals`` says with which codes it refuses, ``examples`` shows
the main ones, ``schema`` puts all of it together, ``views`` serves it and the page to read it on.
"""

from typing import Any

from config.openapi.operations import TAGS
from config.openapi.words import DESCRIPTION, HEADERS, PARAMETERS

ID_PATTERN = "^{prefix}_[0-9a-f]{{32}}$"
_PREFIXES = (
    "cnv",
    "att",
    "cas",
    "edn",
    "ntf",
    "dev",
    "whk",
    "whd",
    "prq",
    "cfl",
    "sac",
    "rcp",
    "rcf",
    "rfl",
    "rap",
    "rtg",
    "usr",
)

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Xiaoer",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": "1.0.0",
    "LICENSE": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "TAGS": [{"name": name, "description": words} for name, words in TAGS.items()],
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "PREPROCESSING_HOOKS": ["config.openapi.schema.only_the_rest"],
    # Files have a form of their own; everything else is JSON.
    "PARSER_WHITELIST": ["common.rest.wire.OrjsonParser"],
    "PATH_CONVERTER_OVERRIDES": {
        prefix: {"type": "string", "pattern": ID_PATTERN.format(prefix=prefix)}
        for prefix in _PREFIXES
    },
    "APPEND_COMPONENTS": {"headers": HEADERS, "parameters": PARAMETERS},
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": True,
    "ENUM_NAME_OVERRIDES": {
        "AuthorKind": "tickets.models.AuthorKind",
        "MessageKind": "tickets.models.MessageKind",
        "ConversationMedium": "tickets.models.Medium",
        "ConversationState": "tickets.models.State",
        "CaseState": "radio.models.CaseState",
        "DeliveryState": "accounts.models.DeliveryState",
        "WebhookState": "accounts.models.WebhookState",
        "DevicePlatform": "accounts.models.Platform",
        "PresenceReason": "workforce.models.PresenceReason",
        "EntitlementKind": "apass.models.Kind",
        "DataRequestKind": "accounts.models.RequestKind",
        "DataRequestState": "accounts.models.RequestState",
        "HarassmentGrade": "tickets.models.Grade",
        "ReviewGrade": "merchants.ratings.shapes.GRADES",
        "ScoreDimension": "merchants.models.Dimension",
        "RuleQuestion": "merchants.models.Gate",
        "VoiceChoice": "merchants.models.Choice",
        "RuleState": "merchants.models.RuleState",
        "ViolationState": "merchants.models.ViolationState",
        "AppealState": "merchants.models.AppealState",
        "AppealOutcome": "merchants.models.Outcome",
        "ShopActKind": "merchants.models.ActKind",
        "ShopActState": "merchants.models.ActState",
        "ComplaintType": "merchants.models.ComplaintType",
        "ComplaintState": "merchants.models.ComplaintState",
        "ComplaintOutcome": "merchants.models.ComplaintOutcome",
        "ComplaintStage": "merchants.models.Stage",
        "GestureKind": "merchants.models.GestureKind",
        "GestureState": "merchants.models.GestureState",
        "ReviewerAppealState": "merchants.models.ReviewerAppealState",
        "ReviewerSign": "merchants.models.SignalKind",
        "ShopMetricState": "merchants.experience.shapes.METRIC_STATES",
        "GateState": "merchants.experience.shapes.GATE_STATES",
        "BandEnum": "accounts.models.CreditBand",
        "ExperienceBand": "merchants.experience.shapes.BANDS",
    },
}
