from django.urls import include, path

from radio import api

rest = [
    path("cases/", api.Cases.as_view(), name="api-cases"),
    path("cases/<uuid:key>/", api.OneCase.as_view(), name="api-case"),
    path("cases/<uuid:key>/selection/", api.Selections.as_view(), name="api-case-selection"),
    path("cases/<uuid:key>/merger/", api.Mergers.as_view(), name="api-case-merger"),
    path("cases/<uuid:key>/rejection/", api.Rejections.as_view(), name="api-case-rejection"),
    path("editions/<uuid:key>/readings/", api.Readings.as_view(), name="api-edition-readings"),
]

urlpatterns = [
    path("api/v1/", include(rest)),
]
