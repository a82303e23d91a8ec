from django.urls import path

from .views import undo

app_name = "history"
urlpatterns = [
    path("<int:pk>/undo/", undo.undo, name="undo"),
]
