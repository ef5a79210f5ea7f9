"""The column that searches look in, and the lookup that does so."""

from typing import Any

from django.db import models
from django.db.models.lookups import Contains

from calendars.kit.search.folding import fold


class SearchText(models.TextField):  # type: ignore[type-arg]  # it takes none when it runs
    """The folded texts of other fields of the row, or None until it is made.

    A new row is written with it. If one of the fields changes later, in whatever way, a trigger of
    the database empties it (`triggers.py`), so it never holds what the fields do not: an erased
    client least of all. `renew` makes it again, and so does the worker (`renewal.py`).
    """

    def __init__(self, *of: str, **options: Any) -> None:
        self.of = of
        super().__init__(**{**options, "null": True, "editable": False})

    def deconstruct(self) -> Any:
        name, path, _args, options = super().deconstruct()
        del options["null"], options["editable"]
        return name, path, self.of, options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        text = self.text_of(model_instance)
        setattr(model_instance, self.attname, text)
        return text

    def text_of(self, row: models.Model) -> str:
        return fold("\n".join(str(getattr(row, name)) for name in self.of))


@SearchText.register_lookup
class Mentions(Contains):
    """Whether the fields of the search text contain a text as people type it."""

    lookup_name = "mentions"

    def get_prep_lookup(self) -> str:
        # Of a lone accent nothing is left, and nothing would be found in every row.
        return fold(self.rhs) or str(self.rhs)

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return str(connection.operators["contains"] % rhs)


def search_text_of(model: type[models.Model]) -> SearchText | None:
    """Return the search text of the model, if it has one."""
    fields = (field for field in model._meta.local_concrete_fields)
    return next((field for field in fields if isinstance(field, SearchText)), None)
