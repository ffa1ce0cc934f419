from pathlib import Path

import pytest
from helpers.cli_runner import SAMPLES
from helpers.review_files import GUESSES, five_strings

from sdnn.errors import OutputError, UnreadableInput, UsageError
from sdnn.evaluation.labels import read_labels
from sdnn.serving.review.answers import Answer, Kind
from sdnn.serving.review.cases import Case, Cases, read_cases
from sdnn.serving.review.store import ReviewStore

CUT_OUT = (SAMPLES / "00000.png").read_bytes()


@pytest.fixture
def cases(tmp_path: Path) -> Cases:
    return read_cases(five_strings(tmp_path), SAMPLES, 0.9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "labels"


def digits(label: str) -> Answer:
    return Answer(kind=Kind.DIGITS, label=label)


def labels(folder: Path) -> list[str]:
    return [each.label for each in read_labels(folder)]


def answer_all(store: ReviewStore, reader: str = "anna", wrong: int = 0) -> list[Case]:
    listed = list(store.cases.values())
    for index, case in enumerate(listed):
        store.add(reader, case, digits("7" if index < wrong else case.guess), CUT_OUT)
    return listed


def test_labels_are_written_after_each_answer_with_their_cut_outs(cases: Cases, folder: Path) -> None:
    store = ReviewStore(cases, folder)
    first, second, *_ = store.cases.values()
    store.add("anna", first, digits("0042"), CUT_OUT)
    assert labels(folder) == ["0042"]
    store.add("anna", second, digits("114"), CUT_OUT)
    assert labels(folder) == ["0042", "114"]
    assert all(each.path.read_bytes() == CUT_OUT for each in read_labels(folder))


@pytest.mark.parametrize("kind", [Kind.NO_DIGITS, Kind.UNREADABLE])
def test_other_answers_are_remembered_and_no_labels(cases: Cases, folder: Path, kind: Kind) -> None:
    store = ReviewStore(cases, folder)
    first, second, *_ = store.cases.values()
    store.add("anna", first, Answer(kind=kind), CUT_OUT)
    store.add("anna", second, digits("1"), CUT_OUT)
    assert labels(folder) == ["1"]
    again = ReviewStore(cases, folder)
    assert again.answers("anna")[first.key].kind is kind


def test_an_undone_answer_is_gone(cases: Cases, folder: Path) -> None:
    store = ReviewStore(cases, folder)
    first, second, *_ = store.cases.values()
    store.add("anna", first, digits("1"), CUT_OUT)
    store.add("anna", second, digits("2"), CUT_OUT)
    store.undo("anna", first)
    store.undo("anna", first)
    assert labels(folder) == ["2"]
    assert [*ReviewStore(cases, folder).answers("anna")] == [second.key]


def test_the_error_rate_counts_judged_guesses_with_an_interval(cases: Cases, folder: Path) -> None:
    store = ReviewStore(cases, folder)
    assert store.state("anna")["error_rate"] is None
    one, two, three, four, _ = store.cases.values()
    store.add("anna", one, digits(one.guess), CUT_OUT)
    store.add("anna", two, digits("9"), CUT_OUT)
    store.add("anna", three, Answer(kind=Kind.NO_DIGITS), CUT_OUT)
    store.add("anna", four, Answer(kind=Kind.UNREADABLE), CUT_OUT)
    state = store.state("anna")
    assert (state["total"], state["answered"], state["judged"], state["wrong"]) == (5, 4, 3, 2)
    assert state["error_rate"] == pytest.approx(2 / 3)
    low, high = state["interval"]
    assert 0 < low < 2 / 3 < high < 1


def test_two_people_who_differ_leave_no_label_until_they_agree(cases: Cases, folder: Path) -> None:
    store = ReviewStore(cases, folder)
    answer_all(store, "anna")
    first, *_ = answer_all(store, "ben", wrong=1)
    assert labels(folder) == sorted(GUESSES[1:], key=GUESSES.index)
    (differing,) = store.disagreements()
    assert differing.entry.case == first.key
    assert {name: each.label for name, each in differing.answers.items()} == {"anna": "14662", "ben": "7"}
    store.add("ben", first, digits("14662"), CUT_OUT)
    assert store.disagreements() == []
    assert len(labels(folder)) == 5


def test_people_with_a_server_each_see_each_others_answers_in_the_labels(cases: Cases, folder: Path) -> None:
    one, other = ReviewStore(cases, folder), ReviewStore(cases, folder)
    first, second, *_ = one.cases.values()
    one.add("anna", first, digits("1"), CUT_OUT)
    other.add("ben", second, digits("2"), CUT_OUT)
    one.add("anna", second, digits("3"), CUT_OUT)
    assert labels(folder) == ["1"]
    assert len(other.disagreements()) == 1


def test_one_person_at_two_servers_loses_no_answer(cases: Cases, folder: Path) -> None:
    one, other = ReviewStore(cases, folder), ReviewStore(cases, folder)
    for store, case in zip([one, other, one, other], one.cases.values(), strict=False):
        store.add("anna", case, digits(case.guess), CUT_OUT)
    assert len(labels(folder)) == 4


def test_a_line_that_was_cut_is_dropped_and_the_next_answer_is_whole(cases: Cases, folder: Path) -> None:
    store = ReviewStore(cases, folder)
    first, second, *_ = store.cases.values()
    store.add("anna", first, digits("1"), CUT_OUT)
    path = folder / "answers-anna.jsonl"
    with path.open("ab") as file:
        file.write(b'{"kind":"digits","lab')
    again = ReviewStore(cases, folder)
    assert [*again.answers("anna")] == [first.key]
    again.add("anna", second, digits("2"), CUT_OUT)
    assert [*ReviewStore(cases, folder).answers("anna")] == [first.key, second.key]


def test_a_damaged_line_is_named(cases: Cases, folder: Path) -> None:
    answer_all(ReviewStore(cases, folder))
    path = folder / "answers-anna.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + b'{"kind":"maybe"}\n' + lines[1])
    with pytest.raises(UnreadableInput, match=r"answers-anna.jsonl:2: is no answer"):
        ReviewStore(cases, folder)


def test_answers_of_an_earlier_review_in_the_folder_stay_labels(cases: Cases, folder: Path) -> None:
    answer_all(ReviewStore(cases, folder))
    later = ReviewStore(Cases(cases.cases[:1], cases.left_out), folder)
    later.write_labels()
    assert len(labels(folder)) == 5
    assert later.state("anna")["answered"] == 1


def test_labels_that_are_no_reviews_are_never_replaced(cases: Cases, folder: Path) -> None:
    folder.mkdir()
    (folder / "labels.csv").write_text("file,label\na.png,1\n")
    with pytest.raises(UsageError, match="is not that of a review"):
        ReviewStore(cases, folder)
    assert (folder / "labels.csv").read_text() == "file,label\na.png,1\n"


def test_a_folder_that_is_a_file_is_one_line(cases: Cases, folder: Path) -> None:
    folder.write_bytes(b"")
    with pytest.raises(OutputError, match="--labels"):
        ReviewStore(cases, folder)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "x" * 41, "ä"])
def test_names_of_people_are_plain(cases: Cases, folder: Path, name: str) -> None:
    store = ReviewStore(cases, folder)
    with pytest.raises(UsageError, match="1 to 40 letters"):
        store.add(name, next(iter(store.cases.values())), digits("1"), CUT_OUT)
    assert [path.name for path in folder.iterdir() if path.suffix == ".jsonl"] == []


@pytest.mark.parametrize(
    "given", [{"kind": "digits"}, {"kind": "digits", "label": "1a"}, {"kind": "unreadable", "label": "1"}]
)
def test_answers_that_contradict_themselves_are_refused(given: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="label"):
        Answer.model_validate(given)
