"""The page with the form, the vote, and the tally."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET, require_POST

from benchmarks.peers.votes.models import Ballot

OPTIONS = 12


@require_GET
@ensure_csrf_cookie
def show(request: HttpRequest, code: str) -> HttpResponse:
    """The form; whoever opens it has a session."""
    request.session.setdefault("joined", True)
    return render(request, "votes/form.html", {"code": code, "options": range(OPTIONS)})


@require_POST
def vote(request: HttpRequest, code: str) -> HttpResponse:
    """Store the ballot, or replace it."""
    if not request.session.get("joined") or request.session.session_key is None:
        return JsonResponse({"problem": "Please open the page first."}, status=403)
    marks = [int(request.POST.get(f"mark-{place}", 0)) for place in range(OPTIONS)]
    if any(mark not in (0, 1) for mark in marks):
        return JsonResponse({"problem": "Not an approval ballot."}, status=422)
    Ballot.objects.update_or_create(round=code, voter=request.session.session_key, defaults={"marks": marks})
    return JsonResponse({"receipt": request.session.session_key[:10]})


@require_GET
def tally(request: HttpRequest, code: str) -> HttpResponse:
    """How many support each option."""
    counts = [0] * OPTIONS
    for marks in Ballot.objects.filter(round=code).values_list("marks", flat=True):
        for place, mark in enumerate(marks):
            counts[place] += mark
    order = sorted(enumerate(counts), key=lambda each: -each[1])
    return render(request, "votes/tally.html", {"code": code, "order": order})
