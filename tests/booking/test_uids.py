from datetime import UTC, datetime, timedelta
from uuid import RFC_4122

import time_machine

from booking.uids import make_uid

START = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_uids_rise_with_time() -> None:
    uids = []
    for milliseconds in range(3):
        with time_machine.travel(START + timedelta(milliseconds=milliseconds), tick=False):
            uids.append(make_uid())
    assert uids == sorted(uids)
    assert uids[0].int >> 80 == START.timestamp() * 1000
    assert {(uid.version, uid.variant) for uid in uids} == {(7, RFC_4122)}


def test_no_two_of_one_moment_are_the_same() -> None:
    with time_machine.travel(START, tick=False):
        assert len({make_uid() for _ in range(1000)}) == 1000
