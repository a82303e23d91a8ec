from django.urls import path

from .views import history, undo

app_name = "history"
urlpatterns = [
    path("", history.change_list, name="changes"),
    path("<int:pk>/", history.change, name="change"),
    path("<int:pk>/undo/", undo.undo, name="undo"),
]
