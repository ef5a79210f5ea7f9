"""The section Notifications of the edit form."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking.delivery.mail.samples import send_samples
from booking.delivery.mail.settings_forms import NotificationsForm
from booking.models import Party
from calendars.access import calendar_of, find_or_404, in_turn, signed_in_owner
from calendars.errors import TooOften
from calendars.models import Calendar, Occasion
from calendars.outbox import mailbox
from calendars.outbox.replies import in_words
from calendars.rules import change_notifications
from calendars.throttling.throttle import count
from calendars.typed import form_of


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def notifications(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the section, save it, or send a test of what was typed without saving it."""
    if "test" not in request.POST:
        return _show_or_save(request, slug)
    # Not in turn: the owner's other pages must not wait for a mail server.
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = NotificationsForm(request.POST, instance=calendar)
    status = _send_test(request, form) if form.is_valid() else 422
    return _section(request, calendar, form, status=status)


@in_turn
def _show_or_save(request: HttpRequest, slug: str) -> HttpResponse:
    calendar = find_or_404(calendar_of, signed_in_owner(request), slug)
    form = form_of(request, NotificationsForm, instance=calendar)
    if not form.is_valid():
        return _section(request, calendar, form, status=422 if form.is_bound else 200)
    change_notifications(calendar=calendar, **form.changes)
    messages.success(request, _("Notifications saved."))
    return redirect("booking:notifications", calendar.slug)


def _section(
    request: HttpRequest, calendar: Calendar, form: NotificationsForm, *, status: int = 200
) -> HttpResponse:
    unsaved = bool(form.errors or (form.is_bound and form.changes))
    context = {"calendar": calendar, "form": form, "unsaved": unsaved}
    return render(request, "booking/delivery/notifications.html", context, status=status)


def _send_test(request: HttpRequest, form: NotificationsForm) -> int:
    """Send the test, add a message about the result, and return the status of the response."""
    calendar, occasion = form.typed, form.cleaned_data["test_occasion"] or Occasion.BOOKED
    if not calendar.owner.is_confirmed:
        # The address may be a stranger's, and the texts are whatever was typed.
        messages.error(request, _("Confirm your email first."))
        return 409
    try:
        # Somebody who signed up with a stranger's address must not flood the stranger's inbox.
        count(test_emails_per_owner=str(calendar.owner_id))
        parties = send_samples(calendar, Occasion(occasion), now=timezone.now())
    except TooOften as error:
        messages.error(request, str(error))
        return 429
    except Exception as error:
        messages.error(request, _("The test was not sent. %(why)s") % {"why": in_words(error)})
        return 200
    _tell(request, calendar, parties)
    return 200


def _tell(request: HttpRequest, calendar: Calendar, parties: list[Party]) -> None:
    if not parties:
        messages.warning(request, _("Nothing was sent: neither box of this email is ticked."))
    elif mailbox.is_in_use():
        messages.warning(request, _("The test was kept here, for no mail server is set up."))
    else:
        text = _("Sent to %(email)s: the email to the client, and your own.")
        if parties == [Party.CLIENT]:
            text = _("Sent to %(email)s: the email to the client.")
        if parties == [Party.OWNER]:
            text = _("Sent to %(email)s: your own email.")
        messages.success(request, text % {"email": calendar.owner.email})
