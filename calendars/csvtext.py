"""Tables for spreadsheets: CSV by RFC 4180, with cells that no spreadsheet takes for a formula."""

import re

# Without this mark, Excel reads UTF-8 as an older encoding and garbles names beyond ASCII.
BYTE_ORDER_MARK = "\ufeff"

# A character that starts a formula, at the start of a cell or after a semicolon. In half of Europe
# Excel splits the columns at semicolons, even within quotes. Quotes between the semicolon and the
# character do not help: Excel may read them as an empty part of the cell.
FORMULA = re.compile(r"""(^|;)([\s"']*)([=+\-@＝＋－＠])""")


class LineWriter:
    """A file for `csv.writer` that returns each line instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def safe_cell(text: str) -> str:
    """Return the text as one line that no spreadsheet takes for a formula."""
    return FORMULA.sub(r"\1\2'\3", " ".join(text.split()))
