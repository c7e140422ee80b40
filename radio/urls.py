from django.urls import include, path

from radio.api import cases, channels, editions
from radio.views import feeds, kitchen, reading

rest = [
    path("cases/", cases.Cases.as_view(), name="api-cases"),
    path("cases/<cas:key>/", cases.OneCase.as_view(), name="api-case"),
    path("cases/<cas:key>/selection/", cases.Selections.as_view(), name="api-case-selection"),
    path("cases/<cas:key>/merger/", cases.Mergers.as_view(), name="api-case-merger"),
    path("cases/<cas:key>/rejection/", cases.Rejections.as_view(), name="api-case-rejection"),
    path("channels/", channels.Channels.as_view(), name="api-channels"),
    path("channels/<slug:code>/", channels.OneChannel.as_view(), name="api-channel"),
    path(
        "channels/<slug:code>/subscription/",
        channels.OneSubscription.as_view(),
        name="api-subscription",
    ),
    path("subscriptions/", channels.Subscriptions.as_view(), name="api-subscriptions"),
    path("editions/", editions.Editions.as_view(), name="api-editions"),
    path("editions/<edn:key>/", editions.OneEdition.as_view(), name="api-edition"),
    path("editions/<edn:key>/readings/", editions.Readings.as_view(), name="api-edition-readings"),
]

pages = [
    path("", reading.on_air, name="radio"),
    path("channels/", reading.channels, name="radio-channels"),
    path("channels/<slug:code>/subscription/", reading.subscription, name="radio-subscription"),
    path("channels/<slug:code>/feed/", reading.feed_address, name="radio-feed-address"),
    path("feeds/<uuid:key>/revocation/", reading.feed_revocation, name="radio-feed-revocation"),
    path("editions/<edn:key>/", reading.edition, name="radio-edition"),
    path("editions/<edn:key>/reading/", reading.reading, name="radio-reading"),
    path("mine/", reading.mine, name="radio-mine"),
    path("kitchen/", kitchen.kitchen, name="radio-kitchen"),
    path("kitchen/<cas:key>/", kitchen.kitchen, name="radio-kitchen-case"),
    path("kitchen/<cas:key>/selection/", kitchen.selection, name="radio-selection"),
    path("kitchen/<cas:key>/merger/", kitchen.merger, name="radio-merger"),
    path("kitchen/<cas:key>/rejection/", kitchen.rejection, name="radio-rejection"),
]

urlpatterns = [
    path("radio/", include(pages)),
    path("feeds/<str:secret>/", feeds.feed, name="radio-feed"),
    path("api/v1/", include(rest)),
]
