from django.urls import path

from common.api import changes, parameters

urlpatterns = [
    path("changes/", changes.Changes.as_view(), name="api-changes"),
    path("parameters/", parameters.Parameters.as_view(), name="api-parameters"),
    path("parameters/<str:key>/", parameters.OneParameter.as_view(), name="api-parameter"),
]
