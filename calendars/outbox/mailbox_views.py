"""Pages on which owners read what would have been sent, where no mail server is set."""

from csp.decorators import csp
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from calendars.access import signed_in_owner
from calendars.outbox.mailbox import KeptEmail, folder_of, is_in_use, names_in, read

PAGE_SIZE = 25
# An email has inline styles. Nothing in it may run, load or send anything.
EMAIL_POLICY = {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


def get_kept_email(request: HttpRequest, name: str) -> KeptEmail:
    """Return the signed-in owner's email of that name, or raise Http404."""
    email = read(folder_of(signed_in_owner(request).pk), name) if is_in_use() else None
    if email is None:
        raise Http404
    return email


@login_required
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """The list of kept emails, the newest first."""
    if not is_in_use():
        raise Http404
    owner = signed_in_owner(request)
    folder = folder_of(owner.pk)
    page = Paginator(names_in(folder), PAGE_SIZE).get_page(request.GET.get("page"))
    # An email that was deleted meanwhile is left out.
    emails = [email for name in page if (email := read(folder, name))]
    context = {"page": page, "emails": emails, "zone": owner.zone}
    return render(request, "calendars/outbox/mailbox.html", context)


@login_required
@require_safe
def kept_email(request: HttpRequest, name: str) -> HttpResponse:
    context = {"email": get_kept_email(request, name)}
    return render(request, "calendars/outbox/kept_email.html", context)


@login_required
@require_safe
@xframe_options_sameorigin
@csp(EMAIL_POLICY)  # type: ignore[arg-type]
def kept_email_html(request: HttpRequest, name: str) -> HttpResponse:
    # Links open in a new tab: inside the frame no page of ours may be shown.
    html = get_kept_email(request, name).html
    return HttpResponse(html.replace("<head>", '<head><base target="_blank">', 1))


@login_required
@require_safe
def attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """Send an attachment as a download, whatever its type."""
    attachments = get_kept_email(request, name).attachments
    if number >= len(attachments):
        raise Http404
    chosen = attachments[number]
    kind = "text/calendar" if chosen.name.endswith(".ics") else "application/octet-stream"
    response = HttpResponse(chosen.content, content_type=kind)
    response.headers["Content-Disposition"] = content_disposition_header(True, chosen.name) or ""
    return response
