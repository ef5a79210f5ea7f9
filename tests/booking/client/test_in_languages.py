"""Tests of what clients read in languages written from right to left or without spaces."""

from dataclasses import dataclass

import pytest
from django.test import Client

from booking.models import Booking, Mail, Party
from calendars.models import Calendar
from tests.booking.conftest import PUBLIC
from tests.support.booking.composing import part, sent
from tests.support.booking.sending import send
from tests.support.pages.parsing import shows, words_of

pytestmark = pytest.mark.usefixtures("clock")


@dataclass
class Reading:
    """The words that a client reads on the page, on the confirmation and in the email."""

    tag: str
    direction: str
    headings: str
    page: tuple[str, ...]
    refusal: str
    confirmation: tuple[str, ...]
    subject: str
    email: list[str]


ARABIC = Reading(
    tag="ar-EG",
    direction="rtl",
    headings="سحنثرخج",
    page=(
        "أقرب المواعيد المتاحة",
        "غدًا، الاثنين، 23 نوفمبر، 9:00 ص",
        "الاثنين، 23 نوفمبر، 16 موعدًا متاحًا",
        "الأوقات بتوقيت <b>برلين</b> (UTC+1)",
    ),
    refusal="يُرجى ملء هذا الحقل.",
    confirmation=(
        "<h1>تم حجز موعدك</h1>",
        'الثلاثاء، 24 نوفمبر 2026، <span class="nowrap">10:00 ص–10:30 ص</span> (بتوقيت برلين)',
        "يمكنك تغيير الموعد 3 مرات إضافية.",
    ),
    subject="تم الحجز: Discovery call، الثلاثاء، 24 نوفمبر 10:00 ص (برلين)",
    email=[
        "Discovery call مع Olive Owner",
        "تم حجز موعدك",
        "",
        "موعدك مع Olive Owner محجوز.",
        "",
        "الموعد  الثلاثاء، 24 نوفمبر 2026، 10:00 ص–10:30 ص",
        "        بتوقيت برلين، UTC+1",
        "المدة   30 دقيقة",
        "المكان  Room 5",
    ],
)
JAPANESE = Reading(
    tag="ja-JP",
    direction="ltr",
    headings="日月火水木金土",
    page=(
        "直近の空き時間",
        "明日 11月23日(月) 9:00",
        "11月23日月曜日 空き16件",
        "<b>ベルリン</b>時間で表示（UTC+1）",
    ),
    refusal="入力してください。",
    confirmation=(
        "<h1>予約が確定しました</h1>",
        '2026年11月24日火曜日 <span class="nowrap">10:00–10:30</span>（ベルリン時間）',
        "日時の変更はあと3回できます。",
    ),
    subject="予約確定：Discovery call、11月24日(火) 10:00（ベルリン）",
    # In a terminal, each Japanese character is two columns wide.
    email=[
        "Discovery call（Olive Owner さん）",
        "予約が確定しました",
        "",
        "Olive Owner さんとのお時間を確保しました。",
        "",
        "日時      2026年11月24日火曜日 10:00–10:30",
        "          ベルリン時間、UTC+1",
        "所要時間  30分",
        "場所      Room 5",
    ],
)


@pytest.mark.parametrize("reading", [ARABIC, JAPANESE], ids=lambda reading: reading.tag)
def test_page_confirmation_and_email_are_in_the_clients_language(
    calendar: Calendar, reading: Reading
) -> None:
    client = Client(headers={"Accept-Language": reading.tag})
    page = words_of(client.get(PUBLIC))
    language = reading.tag.partition("-")[0]
    assert shows(page, f'<html lang="{language}" dir="{reading.direction}"')
    heads = page.partition("<thead>")[2].partition("</thead>")[0]
    assert "".join(each.partition("<")[0] for each in heads.split('">')[2::2]) == reading.headings
    assert [words for words in reading.page if not shows(page, words)] == []
    assert reading.refusal in words_of(send(client, PUBLIC, name=""))
    address = send(client, PUBLIC)["Location"]
    confirmation = words_of(client.get(address))
    assert [words for words in reading.confirmation if not shows(confirmation, words)] == []
    booking = Booking.objects.get()
    assert booking.client_language == reading.tag
    email = sent(Mail.objects.get(booking=booking, recipient=Party.CLIENT, occasion="booked"))
    assert email["Subject"].strip() == reading.subject
    assert part(email, "text/plain").splitlines()[: len(reading.email)] == reading.email
    assert f'<html lang="{language}" dir="{reading.direction}">' in part(email, "text/html")


def test_email_is_in_the_language_that_was_chosen(client: Client, calendar: Calendar) -> None:
    """The reminder too is in the chosen language, and not in the one that the browser prefers."""
    client.get(f"{PUBLIC}?lang=nl", headers={"Sec-Fetch-Site": "same-origin"})
    send(client, PUBLIC)
    subjects = {
        sent(mail)["Subject"].strip().partition(":")[0]
        for mail in Mail.objects.filter(recipient=Party.CLIENT)
    }
    assert subjects == {"Geboekt", "Herinnering"}
