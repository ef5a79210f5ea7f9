"""Two small pages as yardsticks: they show how much Django itself costs on this machine.

**b**: Django's default middleware, one indexed SELECT by the ORM, a template of 30 rows, 4 KB.
**d**: one transaction of SELECT FOR UPDATE, INSERT and UPDATE by the ORM.
"""

ROWS = 30
SHELVES = 1000


def words_of(number: int) -> dict[str, str]:
    """Return the title and author of the book at this place on the shelf."""
    return {"title": f"Book number {number:02}", "author": f"Author {number:02}"}
