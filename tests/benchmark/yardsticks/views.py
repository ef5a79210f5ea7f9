from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt

from tests.benchmark.yardsticks import ROWS
from tests.benchmark.yardsticks.models import Book, Loan, Shelf


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n")


def page(request: HttpRequest, shelf: int) -> HttpResponse:
    books = Book.objects.filter(shelf=shelf)[:ROWS]
    return render(request, "yardsticks/page.html", {"shelf": shelf, "books": books})


@csrf_exempt
def loans(request: HttpRequest, shelf: int) -> HttpResponse:
    with transaction.atomic():
        locked = Shelf.objects.select_for_update().get(pk=shelf)
        Loan.objects.create(shelf=locked, reader=request.POST["reader"])
        locked.lent += 1
        locked.save(update_fields=["lent"])
    return redirect("page", shelf)
