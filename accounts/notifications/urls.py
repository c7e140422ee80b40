"""Addresses of notifications: pages, the service worker, REST."""

from django.urls import include, path

from accounts.notifications import api, views

rest = [
    path("", api.Notifications.as_view(), name="api-notifications"),
    path("unread/", api.Unread.as_view(), name="api-notifications-unread"),
    path("readings/", api.Readings.as_view(), name="api-notification-readings"),
    path("preferences/", api.Preferences.as_view(), name="api-notification-preferences"),
    path("push-subscriptions/", api.PushSubscriptions.as_view(), name="api-push-subscriptions"),
    path(
        "push-subscriptions/<uuid:key>/",
        api.OnePushSubscription.as_view(),
        name="api-push-subscription",
    ),
    path("devices/", api.Devices.as_view(), name="api-push-devices"),
    path("devices/<uuid:key>/", api.OneDevice.as_view(), name="api-push-device"),
    path("tests/", api.Tests.as_view(), name="api-notification-tests"),
    path("deliveries/", api.Deliveries.as_view(), name="api-notification-deliveries"),
    path("email/", api.Email.as_view(), name="api-notification-email"),
    path(
        "email/confirmation/",
        api.EmailConfirmation.as_view(),
        name="api-notification-email-confirmation",
    ),
    path("<ntf:key>/reading/", api.OneReading.as_view(), name="api-notification-reading"),
]

urlpatterns = [
    path("api/v1/notifications/", include(rest)),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/readings/", views.read, name="notification-readings"),
    path("notifications/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
    path("profile/notices/", views.notices, name="notices"),
    path("profile/notices/media/", views.media, name="notice-media"),
    path("profile/notices/quiet/", views.quiet, name="notice-quiet"),
    path("profile/notices/email/", views.email, name="notice-email"),
    path("profile/notices/email/code/", views.email_code, name="notice-email-code"),
    path("profile/notices/email/removal/", views.email_removal, name="notice-email-removal"),
    path("profile/notices/tests/", views.test, name="notice-test"),
    path("profile/notices/browsers/<uuid:key>/removal/", views.browser, name="notice-browser"),
    path("profile/notices/phones/<uuid:key>/removal/", views.phone, name="notice-phone"),
    path("profile/notices/log/", views.log, name="notice-log"),
    path("sw.js", views.service_worker, name="service-worker"),
]
