"""The translations in locale/, compiled for gettext when they are first needed.

As Python does with its own code, so that nothing that is made of another file is kept in git.
"""

import os
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.core.exceptions import ImproperlyConfigured

CATALOGUES = "*/LC_MESSAGES/django.po"


def compile_catalogues(folder: Path) -> None:
    for source in folder.glob(CATALOGUES):
        compiled = source.with_suffix(".mo")
        # The same, not merely later: an upgrade may bring files older than what was made before.
        written = source.stat().st_mtime_ns
        if compiled.exists() and compiled.stat().st_mtime_ns == written:
            continue
        try:
            _replace(compiled, _compile(source), written)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{compiled} cannot be written ({error.strerror})."
                " Run “manage.py collectstatic” once as somebody who may."
            ) from None


def _compile(source: Path) -> bytes:
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()


def _replace(path: Path, content: bytes, written: int) -> None:
    """At once: several processes may start at the same moment, and read what one of them writes."""
    with NamedTemporaryFile(dir=path.parent, suffix=".mo.new", delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.utime(file.name, ns=(written, written))
    os.replace(file.name, path)
