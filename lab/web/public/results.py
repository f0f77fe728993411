"""The public result of a vote: the page, receipt check, and published record."""

from __future__ import annotations

from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lab.foundation.folding import code_of
from lab.foundation.place import lab_database
from lab.voting import queries
from lab.voting.queries import RoundView
from lab.web.news import news_facts
from lab.web.pages import plain_page
from lab.web.phones import votes


async def show_result(request: Request) -> Response:
    """The public result of a round, and whether a receipt is in the count."""
    round_id = request.path_params["round_id"]
    receipt = code_of(request.query_params.get("receipt", ""))

    def read() -> tuple[RoundView | None, bool]:
        with lab_database().reading() as session:
            room = queries.revealed_room(session, round_id)
            return room, bool(receipt) and queries.has_receipt(session, round_id, receipt)

    room, counted = await run_in_threadpool(read)
    if room is None:
        return plain_page(
            "message.html",
            status=404,
            title="Nothing to see here",
            message="There is no result at this address, or it has not been revealed yet.",
        )
    return plain_page(
        "result.html",
        room=room,
        result=await votes.results.get(room),
        receipt=receipt,
        counted=counted,
        **await news_facts(room.project_id),
    )


async def show_record(request: Request) -> Response:
    """The published record of a closed round: receipts and ballots as two separate lists."""

    def read() -> dict[str, Any] | None:
        with lab_database().reading() as session:
            return queries.public_record(session, request.path_params["round_id"])

    record = await run_in_threadpool(read)
    if record is None:
        return JSONResponse({"problem": "There is no published record at this address."}, status_code=404)
    return JSONResponse(record, headers={"Content-Disposition": 'attachment; filename="record.json"'})


ROUTES = [
    Route("/v/{round_id:uuid}", show_result, methods=["GET"]),
    Route("/v/{round_id:uuid}/record.json", show_record, methods=["GET"]),
]
