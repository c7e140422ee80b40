from django.urls import include, path

from radio import api
from radio.views import feeds, kitchen, reading

rest = [
    path("cases/", api.Cases.as_view(), name="api-cases"),
    path("cases/<cas:key>/", api.OneCase.as_view(), name="api-case"),
    path("cases/<cas:key>/selection/", api.Selections.as_view(), name="api-case-selection"),
    path("cases/<cas:key>/merger/", api.Mergers.as_view(), name="api-case-merger"),
    path("cases/<cas:key>/rejection/", api.Rejections.as_view(), name="api-case-rejection"),
    path("editions/<edn:key>/readings/", api.Readings.as_view(), name="api-edition-readings"),
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
