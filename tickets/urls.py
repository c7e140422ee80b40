from django.urls import path

from tickets.api import attachments, conversations, desk, harassment, ownership, words

ONE = "conversations/<cnv:key>/"
CASE = "harassment-cases/<hrc:key>/"

urlpatterns = [
    path("conversations/", conversations.Conversations.as_view(), name="api-conversations"),
    path(ONE, conversations.OneConversation.as_view(), name="api-conversation"),
    path(f"{ONE}messages/", words.Messages.as_view(), name="api-messages"),
    path(f"{ONE}messages/<int:seq>/", words.OneMessage.as_view(), name="api-message"),
    path(f"{ONE}read-mark/", words.ReadMark.as_view(), name="api-read-mark"),
    path(f"{ONE}notes/", words.Notes.as_view(), name="api-notes"),
    path(f"{ONE}acceptance/", ownership.Acceptance.as_view(), name="api-acceptance"),
    path(f"{ONE}transfers/", ownership.Transfers.as_view(), name="api-transfers"),
    path(f"{ONE}takeover/", ownership.Takeover.as_view(), name="api-takeover"),
    path(f"{ONE}resolution/", ownership.Resolutions.as_view(), name="api-resolution"),
    path(f"{ONE}queue-position/", conversations.QueuePosition.as_view(), name="api-queue-position"),
    path(f"{ONE}panel/", conversations.Panel.as_view(), name="api-panel"),
    path(f"{ONE}harassment/", harassment.Marks.as_view(), name="api-harassment"),
    path(f"{ONE}attachments/", attachments.Attachments.as_view(), name="api-attachments"),
    path("attachments/<att:key>/", attachments.OneAttachment.as_view(), name="api-attachment"),
    path("harassment-cases/", harassment.Cases.as_view(), name="api-harassment-cases"),
    path(
        f"{CASE}confirmation/",
        harassment.Confirmations.as_view(),
        name="api-harassment-confirmation",
    ),
    path(f"{CASE}dismissal/", harassment.Dismissals.as_view(), name="api-harassment-dismissal"),
    path(f"{CASE}rest/", harassment.Rests.as_view(), name="api-harassment-rest"),
    path("me/limits/", harassment.OwnLimits.as_view(), name="api-limits"),
    path("limits/<blk:key>/appeal/", harassment.Appeals.as_view(), name="api-limit-appeal"),
    path("queue/next/", ownership.NextInQueue.as_view(), name="api-queue-next"),
    path("desk/", desk.Desk.as_view(), name="api-desk"),
    path("presence/", desk.OwnPresence.as_view(), name="api-presence"),
    path("canned-replies/", desk.CannedReplies.as_view(), name="api-canned-replies"),
    path("teams/", desk.Teams.as_view(), name="api-teams"),
    path("teams/<slug:code>/", desk.OneTeam.as_view(), name="api-team"),
]
