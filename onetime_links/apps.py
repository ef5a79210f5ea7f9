from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OneTimeLinksConfig(AppConfig):
    name = "onetime_links"
    verbose_name = _("One-time links")
    default_auto_field = "django.db.models.BigAutoField"
