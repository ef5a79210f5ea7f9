"""Compiles the translations in locale/ for gettext, without gettext's own programs.

`make run` and `manage.py compilemessages` do it. The compiled files are not kept in git.
"""

import os
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from tempfile import NamedTemporaryFile

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.core.exceptions import ImproperlyConfigured

CATALOGUES = "*/LC_MESSAGES/django.po"


def compile_catalogues(folder: Path) -> None:
    """Compile each catalogue in `folder` that has changed since it was compiled.

    Raises ImproperlyConfigured where a compiled file cannot be written.
    """
    for source in uncompiled(folder):
        compiled = source.with_suffix(".mo")
        try:
            _replace(compiled, _compile(source), source.stat().st_mtime_ns)
        except OSError as error:
            raise ImproperlyConfigured(
                f"{compiled} cannot be written ({error.strerror})."
                " Run “manage.py compilemessages” once as somebody who may."
            ) from None


def uncompiled(folder: Path) -> Iterator[Path]:
    """Yield the catalogues whose compiled file is missing, or was made of another version."""
    for source in folder.glob(CATALOGUES):
        compiled = source.with_suffix(".mo")
        # The times are compared for equality: an upgrade may bring a catalogue that is older than
        # the file compiled before it.
        if not compiled.exists() or compiled.stat().st_mtime_ns != source.stat().st_mtime_ns:
            yield source


def _compile(source: Path) -> bytes:
    compiled = BytesIO()
    with source.open("rb") as file:
        write_mo(compiled, read_po(file))
    return compiled.getvalue()


def _replace(path: Path, content: bytes, written: int) -> None:
    """Put `content` in place by one rename, because other processes may be reading the file."""
    with NamedTemporaryFile(dir=path.parent, suffix=".mo.new", delete=False) as file:
        file.write(content)
    os.chmod(file.name, 0o644)
    os.utime(file.name, ns=(written, written))
    os.replace(file.name, path)
