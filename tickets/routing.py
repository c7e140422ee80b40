from django.urls import path

from tickets.consumers import ClientSocket

urlpatterns = [path("ws/", ClientSocket.as_asgi())]
