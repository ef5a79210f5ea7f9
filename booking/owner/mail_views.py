"""The view with which an owner sends failed emails again."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from booking.access import booking_of
from booking.models import Mail
from calendars.access import find_or_404, signed_in_owner
from calendars.outbox.leases import try_again


@login_required
@require_POST
def mail_tries(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the failed emails of a booking again."""
    booking = find_or_404(booking_of, signed_in_owner(request), pk)
    count = try_again(Mail.objects.filter(booking=booking), now=timezone.now())
    if count:
        text = ngettext("The email is sent again.", "%(count)d emails are sent again.", count)
        messages.success(request, text % {"count": count})
    else:
        messages.info(request, _("No email of this booking has failed."))
    return redirect("booking:booking", booking.pk)
