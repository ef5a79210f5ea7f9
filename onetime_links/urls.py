
app_name = "onetime_links"
urlpatterns: list = []
