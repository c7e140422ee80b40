from django.urls import path

from accounts import views

urlpatterns = [
    path("", views.front, name="front"),
    path("demo/", views.demo_sign_in, name="demo-sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("profile/", views.profile, name="profile"),
    path("look/", views.components, name="components"),
]
