"""Routes of a review."""

from collections import OrderedDict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request, Response
from fastapi.responses import FileResponse

from sdnn.serving.failures import RequestRefused
from sdnn.serving.pool import ReadingPool
from sdnn.serving.review.answers import Answer, Kind
from sdnn.serving.review.cases import Case
from sdnn.serving.review.store import Disagreement, ReviewStore

KEPT_CUT_OUTS: Final = 64
"""Cut-outs kept in memory, for those that are shown before they are answered."""


def review_router(store: ReviewStore, default_reader: str, page: str) -> APIRouter:
    """The routes of a review.

    Args:
        store: Cases and answers.
        default_reader: Name of the person who gives none.
        page: File of the page.
    """
    router = APIRouter(prefix="/review", tags=["review"])
    cut_outs: OrderedDict[str, bytes] = OrderedDict()

    def case_of(key: str) -> Case:
        if key not in store.cases:
            raise RequestRefused(404, f"case {key[:60]!r}: is none of this review")
        return store.cases[key]

    async def cut_out_of(request: Request, case: Case) -> bytes:
        if case.key not in cut_outs:
            pool: ReadingPool = request.app.state.pool
            cut_outs[case.key] = await pool.call("cut_out", case.path, case.page, case.box)
            while len(cut_outs) > KEPT_CUT_OUTS:
                cut_outs.popitem(last=False)
        return cut_outs[case.key]

    @router.get("", include_in_schema=False)
    async def index() -> Response:
        headers = {"cache-control": "no-cache"}
        return FileResponse(page, headers=headers, media_type="text/html; charset=utf-8")

    @router.get("/cases", summary="Strings to review, worst first, with the answers of one person")
    async def cases(reader: str = default_reader) -> dict[str, Any]:
        answers = store.answers(reader)
        listed = [_case_record(case, answers.get(case.key)) for case in store.cases.values()]
        return {"state": store.state(reader), "cases": listed}

    @router.get("/cutouts/{key}", summary="A string cut out of its picture, PNG")
    async def cut_out(request: Request, key: str) -> Response:
        return Response(await cut_out_of(request, case_of(key)), media_type="image/png")

    @router.post("/answers/{key}", summary="Answer a string")
    async def answer(
        request: Request, key: str, given: Annotated[Answer, Body()], reader: str = default_reader
    ) -> dict[str, Any]:
        case = case_of(key)
        if given.kind is Kind.UNDONE:
            raise RequestRefused(400, "kind undone: take an answer back with DELETE")
        store.state(reader)  # checks the name before the picture is cut
        store.add(reader, case, given, await cut_out_of(request, case))
        return store.state(reader)

    @router.delete("/answers/{key}", summary="Take an answer back")
    async def undo(key: str, reader: str = default_reader) -> dict[str, Any]:
        store.undo(reader, case_of(key))
        return store.state(reader)

    @router.get("/disagreements", summary="Strings that two people answered differently")
    async def disagreements(reader: str = default_reader) -> list[dict[str, Any]]:
        """Tells nobody the answers of others before all own ones are given."""
        state = store.state(reader)
        if state["answered"] < state["total"]:
            left = state["total"] - state["answered"]
            raise RequestRefused(409, f"{reader}: has {left} strings left; answer them first")
        return [disagreement_record(each) for each in store.disagreements()]

    return router


def disagreement_record(each: Disagreement) -> dict[str, Any]:
    """A disagreement in plain JSON types."""
    entry = each.entry
    answers = {reader: answer.model_dump(mode="json") for reader, answer in each.answers.items()}
    return {
        "case": entry.case,
        "source": entry.source,
        "page": entry.page,
        "guess": entry.guess,
        "answers": answers,
    }


def _case_record(case: Case, answer: Answer | None) -> dict[str, Any]:
    return {
        "case": case.key,
        "source": case.source,
        "page": case.page,
        "guess": case.guess,
        "confidence": case.confidence,
        "reason": case.reason,
        "answer": answer.model_dump(mode="json") if answer else None,
    }
