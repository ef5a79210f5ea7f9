"""Every address, form and header, with plausible values and with nonsense."""

from collections.abc import Iterator

from django.conf import settings

from tests.soak.stage import CaseRow, Stage
from tests.support.pages.fuzzing import World, fuzz

QUICK, LONG = 500, 10_000


def play(stage: Stage) -> Iterator[CaseRow]:
    settings.SIGN_UP_OPEN = True
    settings.ALLOWED_HOSTS = ["testserver"]
    world, violations = World.make(), []
    try:
        fuzz(world, tries=QUICK if stage.quick else LONG)
    except AssertionError as error:
        violations.append(f"a 5xx: {error}")
    found = ", ".join(f"{count} of {status}" for status, count in sorted(world.statuses.items()))
    yield CaseRow(
        "every address", requests=world.statuses.total(), violations=violations, note=found
    )
