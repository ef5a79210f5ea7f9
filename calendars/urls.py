from django.contrib.auth import views as auth_views
from django.urls import path, register_converter

from calendars.accounts import confirmation_views
from calendars.accounts import views as account_views
from calendars.kit.converters import DateConverter
from calendars.outbox import mailbox_views
from calendars.pages import availability_views, edit_views, settings_views, share_views

register_converter(DateConverter, "date")

app_name = "calendars"
urlpatterns = [
    path("", settings_views.home, name="home"),
    path("calendars/", settings_views.settings, name="settings"),
    path("calendars/new/", settings_views.new_calendar, name="new_calendar"),
    path("calendars/<slug:slug>/duplicate/", settings_views.duplicate, name="duplicate"),
    path("calendars/<slug:slug>/pause/", settings_views.pause, name="pause"),
    path("calendars/<slug:slug>/resume/", settings_views.resume, name="resume"),
    path(
        "calendars/<slug:slug>/meeting-details/", edit_views.meeting_details, name="meeting_details"
    ),
    path(
        "calendars/<slug:slug>/availability/", availability_views.availability, name="availability"
    ),
    path(
        "calendars/<slug:slug>/availability/overrides/new/",
        availability_views.new_override,
        name="new_override",
    ),
    path(
        "calendars/<slug:slug>/availability/overrides/<date:day>/",
        availability_views.override,
        name="override",
    ),
    path(
        "calendars/<slug:slug>/availability/overrides/<date:day>/removal/",
        availability_views.override_removal,
        name="override_removal",
    ),
    path("calendars/<slug:slug>/booking-rules/", edit_views.booking_rules, name="booking_rules"),
    path("calendars/<slug:slug>/booking-form/", edit_views.booking_form, name="booking_form"),
    path("calendars/<slug:slug>/share/", share_views.share, name="share"),
    path("calendars/<slug:slug>/share/embed/", share_views.share_embed, name="share_embed"),
    path("calendars/<slug:slug>/share/qr-code.svg", share_views.qr_code, name="qr_code"),
    path("mail/", mailbox_views.mailbox, name="mailbox"),
    path("mail/<slug:name>/", mailbox_views.kept_email, name="kept_email"),
    path("mail/<slug:name>/html/", mailbox_views.kept_email_html, name="kept_email_html"),
    path(
        "mail/<slug:name>/attachments/<int:number>/",
        mailbox_views.attachment,
        name="kept_email_attachment",
    ),
    path("sign-in/", account_views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", auth_views.LogoutView.as_view(http_method_names=["post"]), name="sign_out"),
    path("sign-up/", account_views.sign_up, name="sign_up"),
    path("profile/", account_views.profile, name="profile"),
    path("profile/confirmation/", confirmation_views.confirmation, name="confirmation"),
    path("confirm-email/<str:token>/", confirmation_views.confirm_email, name="confirm_email"),
    path("profile/password/", account_views.PasswordChange.as_view(), name="password_change"),
    path("password-reset/", account_views.PasswordReset.as_view(), name="password_reset"),
    path(
        "password-reset/sent/",
        auth_views.PasswordResetDoneView.as_view(
            template_name="calendars/accounts/password_reset_sent.html",
            http_method_names=["get", "head"],
        ),
        name="password_reset_sent",
    ),
    path(
        "password-reset/<uidb64>/<token>/",
        account_views.PasswordResetConfirm.as_view(),
        name="password_reset_confirm",
    ),
]
