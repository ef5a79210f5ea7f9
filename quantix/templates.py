"""The loader of templates: it drops the indentation that only readers of their files need."""

import re

from django.template import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(filesystem.Loader):
    """Read a template and drop what its lines are indented by.

    The loader runs once for each process, so a page pays nothing for it. Indented, a booking page
    would be about 150 bytes longer when compressed. Lines, their numbers and their words stay: a
    browser shows the same space for a line break. Only in `<pre>`, and in a `{% blocktranslate %}`
    of several lines that is not `trimmed`, would indentation count: a test sees that no template
    has these.
    """

    def get_contents(self, origin: Origin) -> str:
        return INDENTATION.sub("", super().get_contents(origin))
