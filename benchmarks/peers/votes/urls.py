"""Three addresses."""

from django.urls import path

from benchmarks.peers.votes import views

urlpatterns = [
    path("j/<str:code>", views.show),
    path("j/<str:code>/vote", views.vote),
    path("j/<str:code>/tally", views.tally),
]
