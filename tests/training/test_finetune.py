"""A fine-tuning of a few steps on a small net, from labelled drawn strips to a model of a name."""

import json
import os
import signal
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from helpers.brute_force import net_in_use
from helpers.cli_runner import SAMPLES, assert_one_line, sdnn
from helpers.inline_prefetcher import OnTheSpot

from sdnn.datasets.mnist import MNIST_FILES
from sdnn.datasets.pages import PageRecipe
from sdnn.datasets.paper import DegradationConfig
from sdnn.enums import Source
from sdnn.errors import ExitCode, ModelError, UsageError
from sdnn.models.checkpoint import export_onnx, save_net
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.models.library import find_model, models_folder
from sdnn.models.metadata import ReaderMetadata
from sdnn.reading.reader import Reader
from sdnn.reading.settings import ACCEPT_ALL
from sdnn.tracking.run_record import RunRecord
from sdnn.training import finetune_run, loop
from sdnn.training.comparison import BeforeAndAfter, Comparison, Figures, Outcome
from sdnn.training.finetune import begin, best_source, chosen_recipe, finish, new_model_name, own_checksums
from sdnn.training.finetune_recipe import FineTuneRecipe
from sdnn.training.finetune_run import ComparedPages, FineTuneRun
from sdnn.training.loop import Progress
from sdnn.training.own_lines import OwnPages, load_own_pages
from sdnn.training.reader_recipe import Recipe, StringRecipe

TINY = (4, 4, 4, 4, 6, 8)
PAGE = PageRecipe(most_digits=2, paper=DegradationConfig.clean())


@pytest.fixture(autouse=True)
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "user"))
    monkeypatch.setattr(loop, "Prefetcher", OnTheSpot)
    for name in ("GATE_PAGES", "CHOICE_PAGES", "COMPARED_PAGES", "MIN_TEMPERATURE_STRIPS"):
        monkeypatch.setattr(finetune_run, name, 4)


@pytest.fixture(scope="module")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small net as a model, with the net beside it."""
    path = tmp_path_factory.mktemp("models") / "small.onnx"
    net = net_in_use(seed=2, channels=TINY)
    recipe = Recipe(Source.PEN, channels=TINY, strings=StringRecipe(page=PAGE))
    metadata = ReaderMetadata("small", net.architecture.geometry, recipe=asdict(recipe))
    export_onnx(path, fully_convolutional(net), metadata)
    save_net(path.with_suffix(".safetensors"), net, metadata)
    return path


@pytest.fixture(scope="module")
def pages() -> OwnPages:
    return load_own_pages([SAMPLES], Reader(settings=ACCEPT_ALL))


def small_recipe() -> FineTuneRecipe:
    recipe = chosen_recipe(Source.PEN, 3, None)
    assert recipe.strings is not None
    return replace(recipe, strings=replace(recipe.strings, examples=24, examples_per_epoch=8, batch=4))


def begun(pages: OwnPages, model: Path, name: str = "mine") -> FineTuneRun:
    return begin(name, [SAMPLES], pages, model, small_recipe(), None, 0.01)


def figures(right: int) -> Figures:
    return Figures(replace(Figures.of([], []).score, n=100, right=right), 0.9)


def outcome(own_after: int) -> Outcome:
    both = BeforeAndAfter(figures(90), figures(90))
    return Outcome(Comparison(BeforeAndAfter(figures(90), figures(own_after)), both), 8, 1.0, 1.0, None, 0.01)


@pytest.mark.slow
def test_from_strips_to_a_model_that_its_name_finds(
    pages: OwnPages, small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begun(pages, small_model)
    assert len(run.own.learned) + len(run.own.held_out) == 12
    steps: list[Progress] = []
    phases: list[str] = []
    found = run.tune(None, steps.append, lambda what, done, total: phases.append(what))
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 6]
    assert [line["step"] for line in run.metrics()] == [2, 4, 6]
    assert set(phases) >= {"choosing", "comparing", "drawing synthetic pages"}
    assert found.comparison.synthetic.after.score.n == 4
    assert found.comparison.held_out.before.score.n == len(run.own.held_out)
    assert found.learned == len(run.own.learned)
    monkeypatch.setattr(Comparison, "objection", None)
    path = finish(run, found)
    assert path == find_model("mine") == models_folder() / "mine.onnx"
    engine = Engine(path)
    metadata = engine.metadata
    assert (metadata.name, metadata.temperature, metadata.nets) == ("mine", found.temperature, 2)
    assert metadata.recipe["channels"] == [*TINY]
    assert metadata.card["gate"] == {"offset": found.gate_offset, "from": "small"}
    assert metadata.card["run"]["folder"] == run.folder.name
    assert f"own/{SAMPLES.name}" in metadata.data
    assert FineTuneRecipe.from_record(json.loads(json.dumps(metadata.recipe))) == run.recipe
    assert run.recipe.strings is not None
    assert run.recipe.strings.page == PAGE  # that of the net at the start
    record = RunRecord.of_folder(run.folder)
    assert (record.state, record.record["folders"].keys()) == ("finished", {str(SAMPLES.resolve())})
    assert not run.checkpoint.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lost_on_choice", "lost_in_comparison", "chosen"),
    [
        ({}, {}, 2.0),
        ({2.0, 0.0}, {}, -3.0),  # the greatest offset that costs little on the pages of the choice
        ({}, {2.0}, 0.0),  # where others show a greater loss, a smaller one
        ({2.0}, {0.0}, -3.0),
        ({2.0, 0.0, -3.0}, {}, -3.0),  # the smallest is compared in any case
        ({2.0, 0.0, -3.0}, {-3.0}, -3.0),
    ],
)
def test_the_gate_is_as_wide_open_as_costs_little(
    pages: OwnPages,
    small_model: Path,
    monkeypatch: pytest.MonkeyPatch,
    lost_on_choice: set[float],
    lost_in_comparison: set[float],
    chosen: float,
) -> None:
    run = begun(pages, small_model)
    own = replace(run.recipe.own, gate_offsets=(0.0, 2.0, -3.0))
    run = replace(run, recipe=replace(run.recipe, own=own))
    monkeypatch.setattr(finetune_run, "CHOICE_PAGES", 3)

    def read_after(self: ComparedPages, reader: Reader) -> BeforeAndAfter:
        offset = reader.engine.metadata.card["gate"]["offset"]
        lost = offset in (lost_on_choice if len(self.pages) == 3 else lost_in_comparison)
        return BeforeAndAfter(figures(90), figures(80 if lost else 90))

    monkeypatch.setattr(ComparedPages, "read_after", read_after)
    of_right = {80: -0.1}
    monkeypatch.setattr(
        BeforeAndAfter, "gain", property(lambda self: of_right.get(self.after.score.right, 0))
    )
    found = run.tune(None, lambda progress: None)
    assert found.gate_offset == chosen
    assert (found.comparison.objection is not None) == (chosen in lost_in_comparison)


@pytest.mark.slow
def test_training_stops_when_patience_ends(pages: OwnPages, small_model: Path) -> None:
    run = begun(pages, small_model)
    run = replace(run, recipe=replace(run.recipe, own=replace(run.recipe.own, patience=0)))
    steps: list[Progress] = []
    run.tune(None, steps.append)
    assert steps[-1].step == 2


def test_what_got_worse_is_not_saved(pages: OwnPages, small_model: Path) -> None:
    run = begun(pages, small_model)
    run.model.write_bytes(b"net")
    with pytest.raises(UsageError, match=r"not saved: it reads 89\.0 % in place of 90\.0 %") as error:
        finish(run, outcome(own_after=89))
    assert "\n" not in str(error.value)
    assert not (models_folder() / "mine.onnx").exists()
    assert not run.model.exists()
    assert RunRecord.of_folder(run.folder).state == "refused"


def test_what_is_as_good_is_saved(pages: OwnPages, small_model: Path) -> None:
    run = begun(pages, small_model)
    run.model.write_bytes(b".onnx")
    path = finish(run, outcome(own_after=90))
    assert path.read_bytes() == b".onnx"
    assert RunRecord.of_folder(run.folder).state == "finished"


def test_a_model_that_is_there_by_now_is_not_replaced(pages: OwnPages, small_model: Path) -> None:
    run = begun(pages, small_model)
    run.model.write_bytes(b".onnx")
    (models_folder() / "mine.onnx").write_bytes(b"other")
    with pytest.raises(UsageError, match=r"made by another command; this model is .*model\.onnx"):
        finish(run, outcome(own_after=90))
    assert (models_folder() / "mine.onnx").read_bytes() == b"other"
    assert run.model.read_bytes() == b".onnx"
    assert RunRecord.of_folder(run.folder).state == "refused"


def test_nothing_is_chosen_without_a_held_out_line(pages: OwnPages, small_model: Path) -> None:
    run = begun(pages, small_model)
    held_out = [replace(page, crop=None) for page in run.own.held_out]
    with pytest.raises(UsageError, match="on none of the held-out strips a line is found"):
        replace(run, own=replace(run.own, held_out=held_out)).tune(None, lambda progress: None)


def test_a_model_without_its_net_is_refused(pages: OwnPages, small_model: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone.onnx"
    alone.write_bytes(small_model.read_bytes())
    with pytest.raises(ModelError, match=r"no net beside it.*give all folders at once"):
        begun(pages, alone)
    assert not (models_folder() / "runs").exists()


@pytest.mark.parametrize("name", ["a/b", ".hidden", "", "..", "a b", "x" * 101, "é"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    folder = Path("strips") if name else Path(" ")
    with pytest.raises(UsageError, match="--out"):
        new_model_name(name or None, [folder])


def test_the_name_is_that_of_the_first_folder_and_new(tmp_path: Path) -> None:
    assert new_model_name(None, [tmp_path / "strips", tmp_path / "others"]) == "strips"
    assert new_model_name("mine.onnx", [tmp_path]) == "mine"
    models_folder().mkdir(parents=True)
    (models_folder() / "mine.onnx").touch()
    with pytest.raises(UsageError, match="there is a model of that name"):
        new_model_name("mine", [tmp_path])


def test_the_richest_source_on_the_machine_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert best_source(tmp_path) is Source.PEN
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name in MNIST_FILES:
        (raw / name).touch()
    assert best_source(tmp_path) is Source.MIXED
    (tmp_path / "unipen.npz").touch()
    assert best_source(tmp_path) is Source.HANDS


def test_folders_of_the_same_name_keep_their_checksums(tmp_path: Path) -> None:
    folders = []
    for number in range(3):
        folders.append(tmp_path / str(number) / "strips")
        folders[-1].mkdir(parents=True)
        (folders[-1] / "labels.csv").write_text(f"file,label\na.png,{number}\n")
    checksums = own_checksums(folders)
    assert [*checksums] == ["own/strips", "own/strips (2)", "own/strips (3)"]
    assert len({*checksums.values()}) == 3
    (folders[0] / "a.png").write_bytes(b"picture")
    assert own_checksums(folders)["own/strips"] != checksums["own/strips"]


def test_a_fine_tuned_model_is_no_start(small_model: Path) -> None:
    models_folder().mkdir(parents=True)
    (models_folder() / "tuned.onnx").write_bytes(small_model.read_bytes())
    result = sdnn("finetune", SAMPLES, "--model", "tuned", "--out", "again")
    assert (result.returncode, result.stdout) == (ExitCode.MODEL, b"")
    assert_one_line(result.stderr, "tuned.onnx", "give all folders at once")


def test_a_folder_without_labels_is_one_line(tmp_path: Path) -> None:
    result = sdnn("finetune", tmp_path)
    assert (result.returncode, result.stdout) == (ExitCode.UNREADABLE, b"")
    assert_one_line(result.stderr, "labels.csv")
    assert not models_folder().exists()


def test_checksums_are_of_what_can_be_read_and_have_names_of_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = [tmp_path / name for name in ("a (2)", "x/a", "y/a", os.fsdecode(b"Pr\xfcfung"))]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "labels.csv").write_text("file,label\na.png,1\n")
    checksums = own_checksums(folders)
    assert [*checksums] == ["own/a (2)", "own/a", "own/a (3)", "own/Pr\\udcfcfung"]
    json.dumps(checksums, ensure_ascii=False).encode()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert own_checksums(folders) == checksums


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_fine_tuning_as_it_ends_all_commands(
    small_model: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt(int(number))

    monkeypatch.setattr(FineTuneRun, "tune", interrupted)
    result = sdnn("finetune", SAMPLES, "--model", small_model, "--out", "mine", "--source", "pen")
    assert result.returncode == 128 + number
    assert b"; nothing was saved, start again with the same command\n" in result.stderr
    assert not (models_folder() / "mine.onnx").exists()
