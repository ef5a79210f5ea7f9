import html
import xml.etree.ElementTree as ET
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains, assertNotContains

from calendars.models import Calendar
from tests.support.pages.parsing import shows

pytestmark = pytest.mark.django_db
SHARE = "/calendars/discovery-call/share/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def base_url(settings: Any) -> None:
    settings.BASE_URL = "https://book.example.com"


@pytest.mark.parametrize("address", [SHARE, f"{SHARE}embed/"])
def test_tab_is_a_whole_page_or_only_its_content(
    as_olive: Client, call: Calendar, address: str
) -> None:
    page, content = as_olive.get(address), as_olive.get(address, headers=HTMX)
    assertContains(page, "<html")
    assertContains(page, "Share Discovery call</h1>")
    assertNotContains(content, "<html")
    assertContains(content, "Share Discovery call</h1>")
    assertContains(content, "data-close-dialog")
    assert "HX-Request" in page.headers["Vary"]
    assert "HX-Request" in content.headers["Vary"]


def test_scheduling_link_is_the_public_address(as_olive: Client, call: Calendar) -> None:
    response = as_olive.get(SHARE)
    assert shows(response, 'value="https://book.example.com/book/discovery-call/" readonly')
    assert shows(response, 'href="https://book.example.com/book/discovery-call/" target="_blank"')
    assertContains(response, "/calendars/discovery-call/share/qr-code.svg")


def test_qr_code_is_an_svg_picture(as_olive: Client, call: Calendar) -> None:
    response = as_olive.get(f"{SHARE}qr-code.svg")
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert ET.fromstring(response.content).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314


def test_embed_code_is_a_frame_of_the_embed_page(as_olive: Client, call: Calendar) -> None:
    call.name = 'Say "hi" & <b>go</b>'
    call.save()
    page = as_olive.get(f"{SHARE}embed/").content.decode()
    snippet = html.unescape(page.split("<textarea")[1].split(">", 1)[1].split("</textarea>")[0])
    assert snippet == (
        '<iframe src="https://book.example.com/book/discovery-call/embed/"'
        ' title="Book Say &quot;hi&quot; &amp; &lt;b&gt;go&lt;/b&gt;"'
        ' width="100%" height="720" style="border:0" loading="lazy"></iframe>'
    )
    assert 'src="/book/discovery-call/embed/"' in page.split("Preview")[1]


def test_share_says_that_the_calendar_is_paused(as_olive: Client, call: Calendar) -> None:
    assertNotContains(as_olive.get(SHARE), "This calendar is paused.")
    Calendar.objects.update(paused_at=timezone.now())
    assertContains(as_olive.get(SHARE), "This calendar is paused.")
