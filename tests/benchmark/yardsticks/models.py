from django.db import models


class Shelf(models.Model):
    """A row that a page shows and that a transaction locks."""

    lent = models.PositiveIntegerField(default=0)

    objects: models.Manager["Shelf"] = models.Manager()

    class Meta:
        app_label = "yardsticks"

    def __str__(self) -> str:
        return f"Shelf {self.pk}"


class Book(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.PROTECT, related_name="books")
    title = models.CharField(max_length=100)
    author = models.CharField(max_length=100)
    added_at = models.DateTimeField(auto_now_add=True)

    objects: models.Manager["Book"] = models.Manager()

    class Meta:
        app_label = "yardsticks"

    def __str__(self) -> str:
        return self.title


class Loan(models.Model):
    shelf = models.ForeignKey(Shelf, on_delete=models.PROTECT, related_name="loans")
    reader = models.CharField(max_length=100)
    lent_at = models.DateTimeField(auto_now_add=True)

    objects: models.Manager["Loan"] = models.Manager()

    class Meta:
        app_label = "yardsticks"

    def __str__(self) -> str:
        return self.reader
