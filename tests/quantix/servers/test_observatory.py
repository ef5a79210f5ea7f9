from email.message import Message

import pytest

from tests.support.servers.observatory import Answer, results, score

pytestmark = pytest.mark.once

GOOD = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "strict-origin",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Set-Cookie": "sessionid=a; HttpOnly; SameSite=Lax; Secure",
}


def score_of(body: str = "", redirect: str = "https://book.example.com/", **changes: str) -> int:
    headers = Message()
    for name, value in {**GOOD, **{n.replace("_", "-"): v for n, v in changes.items()}}.items():
        if value:
            headers[name] = value
    return score(results(Answer(headers, body, redirect, "book.example.com")))


def test_all_that_earns_a_bonus_without_lists_and_integrity() -> None:
    assert score_of('<script src="/static/a.js"></script>') == 100 + 10 + 5 + 5 + 5 + 10


@pytest.mark.parametrize(
    ("changes", "points"),
    [
        ({"Set_Cookie": ""}, 130),
        ({"Cross_Origin_Resource_Policy": ""}, 125),
        ({"Referrer_Policy": ""}, 130),
        ({"Referrer_Policy": "unsafe-url"}, 125),
        ({"X_Content_Type_Options": ""}, 130),
        ({"Content_Security_Policy": "default-src 'self'; frame-ancestors 'none'"}, 130),
        ({"Content_Security_Policy": "default-src 'none'; style-src 'unsafe-inline'"}, 120),
        # From here on the score is below 90, so no bonus counts.
        ({"Content_Security_Policy": "default-src 'none'; script-src 'unsafe-inline'"}, 80),
        ({"Content_Security_Policy": "default-src 'none'; script-src http://a.example"}, 80),
        ({"Content_Security_Policy": "script-src 'self'"}, 80),
        ({"Content_Security_Policy": ""}, 75),
        ({"Content_Security_Policy": "", "X_Frame_Options": ""}, 55),
        ({"Strict_Transport_Security": ""}, 80),
        ({"Set_Cookie": "sessionid=a; HttpOnly; SameSite=Lax"}, 60),
        ({"Set_Cookie": "sessionid=a; Secure; SameSite=Lax"}, 70),
        ({"Set_Cookie": "csrftoken=a; Secure; HttpOnly"}, 80),
        ({"Access_Control_Allow_Origin": "https://evil.example"}, 50),
        ({"body": '<script src="//cdn.example/a.js"></script>'}, 50),
        ({"redirect": ""}, 80),
        ({"redirect": "https://elsewhere.example/"}, 80),
    ],
)
def test_every_fault_costs_what_the_table_says(changes: dict[str, str], points: int) -> None:
    assert score_of(**changes) == points
