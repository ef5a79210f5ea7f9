"""Views on which an owner answers or dismisses requests for a new link."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from calendars.access import find_or_404, signed_in_owner
from onetime_links.access import request_of
from onetime_links.forms import link_list_state
from onetime_links.requests import answer_request, dismiss_request


@require_POST
@login_required
def request_answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Make the link that was asked for, and lead to the list that shows it."""
    asked = find_or_404(request_of, signed_in_owner(request), slug, pk)
    link = answer_request(request=asked, now=timezone.now())
    return redirect(link_list_state(request.GET, made=link.pk).url(asked.link.calendar))


@require_POST
@login_required
def request_dismissal(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    asked = find_or_404(request_of, signed_in_owner(request), slug, pk)
    dismiss_request(request=asked, now=timezone.now())
    text = _("The request of %(name)s was dismissed. Nobody is told.")
    messages.success(request, text % {"name": asked.client_name})
    return redirect(link_list_state(request.GET).url(asked.link.calendar))
