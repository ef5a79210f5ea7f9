from datetime import UTC, datetime
from pathlib import Path

from django.template import Context, Engine

from tests.benchmark import yardsticks

PAGE = Path(yardsticks.__file__).with_name("templates") / "yardsticks" / "page.html"


def test_page_of_yardstick_has_4_kb() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    numbers = range(yardsticks.ROWS)
    books = [{**yardsticks.words_of(number), "added_at": now} for number in numbers]
    page = Engine().from_string(PAGE.read_text()).render(Context({"shelf": 123, "books": books}))
    assert 3900 <= len(page) <= 4100, len(page)
