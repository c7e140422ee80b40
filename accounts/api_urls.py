from django.urls import path

from accounts.api import personal_data

urlpatterns = [
    path("members/<str:member_no>/reveals/", personal_data.Reveals.as_view(), name="api-reveals"),
    path("me/accesses/", personal_data.Accesses.as_view(), name="api-accesses"),
]
