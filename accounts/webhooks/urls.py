from django.urls import path

from accounts.webhooks import api

urlpatterns = [
    path("webhooks/", api.Webhooks.as_view(), name="api-webhooks"),
    path("webhook-events/", api.Events.as_view(), name="api-webhook-events"),
    path("webhooks/<whk:key>/", api.OneWebhook.as_view(), name="api-webhook"),
    path("webhooks/<whk:key>/pause/", api.Pause.as_view(), name="api-webhook-pause"),
    path("webhooks/<whk:key>/secret/", api.Secret.as_view(), name="api-webhook-secret"),
    path("webhooks/<whk:key>/tests/", api.Tests.as_view(), name="api-webhook-tests"),
    path("webhooks/<whk:key>/deliveries/", api.Deliveries.as_view(), name="api-webhook-deliveries"),
    path(
        "webhooks/<whk:key>/deliveries/<whd:delivery>/",
        api.OneDelivery.as_view(),
        name="api-webhook-delivery",
    ),
    path("webhooks/<whk:key>/replays/", api.Replays.as_view(), name="api-webhook-replays"),
]
