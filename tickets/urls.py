from django.urls import path

from tickets import api

urlpatterns = [
    path("conversations/", api.Conversations.as_view(), name="api-conversations"),
    path("conversations/<cnv:key>/", api.OneConversation.as_view(), name="api-conversation"),
    path("conversations/<cnv:key>/messages/", api.Messages.as_view(), name="api-messages"),
    path("conversations/<cnv:key>/notes/", api.Notes.as_view(), name="api-notes"),
    path("conversations/<cnv:key>/acceptance/", api.Acceptance.as_view(), name="api-acceptance"),
    path("conversations/<cnv:key>/transfers/", api.Transfers.as_view(), name="api-transfers"),
    path("conversations/<cnv:key>/takeover/", api.Takeover.as_view(), name="api-takeover"),
    path("conversations/<cnv:key>/resolution/", api.Resolutions.as_view(), name="api-resolution"),
    path(
        "conversations/<cnv:key>/queue-position/",
        api.QueuePosition.as_view(),
        name="api-queue-position",
    ),
    path("conversations/<cnv:key>/panel/", api.Panel.as_view(), name="api-panel"),
    path("conversations/<cnv:key>/attachments/", api.Attachments.as_view(), name="api-attachments"),
    path("attachments/<att:key>/", api.OneAttachment.as_view(), name="api-attachment"),
    path("queue/next/", api.NextInQueue.as_view(), name="api-queue-next"),
    path("desk/", api.Desk.as_view(), name="api-desk"),
    path("presence/", api.OwnPresence.as_view(), name="api-presence"),
    path("canned-replies/", api.CannedReplies.as_view(), name="api-canned-replies"),
]
