from django.urls import path

from accounts.api import devices, people, personal_data, sign_ins, socket_tickets, standing

urlpatterns = [
    path("sign-ins/", sign_ins.SignIns.as_view(), name="api-sign-ins"),
    path("sign-ins/second-steps/", sign_ins.SecondSteps.as_view(), name="api-second-steps"),
    path("sign-ins/refresh/", sign_ins.Refreshes.as_view(), name="api-sign-in-refresh"),
    path("sign-ins/current/", sign_ins.CurrentSignIn.as_view(), name="api-sign-in-current"),
    path("devices/", devices.Devices.as_view(), name="api-devices"),
    path("devices/<dev:key>/", devices.OneDevice.as_view(), name="api-device"),
    path("socket-tickets/", socket_tickets.SocketTickets.as_view(), name="api-socket-tickets"),
    path("me/", people.Me.as_view(), name="api-me"),
    path("members/", people.Members.as_view(), name="api-members"),
    path("members/<str:member_no>/", people.OneMember.as_view(), name="api-member"),
    path("members/<str:member_no>/reveals/", personal_data.Reveals.as_view(), name="api-reveals"),
    path("me/standing/", standing.OwnStanding.as_view(), name="api-own-standing"),
    path(
        "members/<str:member_no>/standing/",
        standing.MemberStandings.as_view(),
        name="api-member-standing",
    ),
    path("me/accesses/", personal_data.Accesses.as_view(), name="api-accesses"),
    path("me/data-requests/", personal_data.DataRequests.as_view(), name="api-data-requests"),
    path(
        "me/data-requests/<prq:key>/",
        personal_data.OneDataRequest.as_view(),
        name="api-data-request",
    ),
]
