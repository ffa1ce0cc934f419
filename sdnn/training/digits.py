"""Stage 1: the single-digit net, trained on windows as the sweep will show them."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from sdnn.choices import Source, Split
from sdnn.datasets.digits import DigitSource, digit_source, mnist_checksums
from sdnn.datasets.strips import Layout, random_strip
from sdnn.datasets.windows import make_windows
from sdnn.decoding.calibration import fit_temperature
from sdnn.models.checkpoint import describe_onnx, export_onnx, save_net
from sdnn.models.description import Description
from sdnn.models.digit_net import GEOMETRY, DigitNet
from sdnn.models.engine import Engine
from sdnn.models.fully_convolutional import fully_convolutional
from sdnn.preprocessing import strip_of_page
from sdnn.results import FloatArray
from sdnn.training.recipe import DigitRecipe
from sdnn.training.run import Run

# Streams of random numbers, apart from those of the steps, which begin at 0.
VALIDATION_STREAM = 2**32
TEMPERATURE_STREAM = 2**32 + 1


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        step: Steps done.
        steps: Steps in all.
        loss: Of the last step.
        accuracy: On validation windows, at the last epoch; None before the first.
    """

    step: int
    steps: int
    loss: float
    accuracy: float | None

    def shown(self) -> dict[str, str]:
        """Loss and accuracy as a progress bar shows them."""
        return {
            "loss": f"{self.loss:.3f}",
            "accuracy": "–" if self.accuracy is None else f"{100 * self.accuracy:.2f} %",
        }


def new_run(folder: Path, recipe: DigitRecipe, data: Path | None) -> Run:
    """Starts a run once its data are there.

    Args:
        folder: Where the run goes.
        recipe: What to do.
        data: Folder that holds MNIST; see `datasets.digits.find_mnist`.

    Raises:
        UnreadableInput: When the recipe needs MNIST and there is none.
        UsageError: When the folder already holds a run.
    """
    digit_source(recipe.source, Split.TRAIN, recipe.pen_share, data)
    return Run.begin(folder, recipe, {} if recipe.source is Source.PEN else mnist_checksums(data))


def train_digits(run: Run, data: Path | None, report: Callable[[Progress], None]) -> Description:
    """Trains the single-digit net of a run, from its checkpoint where it has one, and exports the sweep.

    Two runs of one recipe give the same net on the same machine; so does one that was interrupted and
    resumed. The temperature is fitted on validation strips at the end.

    Args:
        run: Folder and recipe.
        data: Folder that holds MNIST.
        report: Called after every step.

    Returns:
        The description written into the model files, with figures on validation data.

    Raises:
        UnreadableInput: When MNIST cannot be read.
        OutputError: When the folder cannot be written.
    """
    recipe = run.recipe
    source = digit_source(recipe.source, Split.TRAIN, recipe.pen_share, data)
    validation = digit_source(recipe.source, Split.VALIDATION, recipe.pen_share, data)
    held_out = make_windows(validation, 4096, recipe.window, GEOMETRY, _rng(recipe, VALIDATION_STREAM))
    cv2.setNumThreads(1)  # a window is too small to share out

    torch.manual_seed(recipe.seed)
    net = DigitNet(recipe.dropout).to(memory_format=torch.channels_last)
    optimizer = _optimizer(net, recipe)
    done = run.load_checkpoint(net, optimizer)
    last = (run.metrics() or [{"accuracy": None, "seconds": 0.0}])[-1]
    accuracy, seconds = last["accuracy"], last["seconds"]
    began = time.perf_counter() - seconds

    def batch(step: int) -> tuple[Tensor, Tensor]:
        windows, right = make_windows(source, recipe.batch, recipe.window, GEOMETRY, _rng(recipe, step))
        return as_input(windows), torch.from_numpy(right)

    with ThreadPoolExecutor(max_workers=1) as synthesis:
        upcoming = synthesis.submit(batch, done)
        for step in range(done, recipe.steps):
            windows, right = upcoming.result()
            if step + 1 < recipe.steps:
                upcoming = synthesis.submit(batch, step + 1)
            loss = _learn(net, optimizer, windows, right, recipe, step)
            if (step + 1) % recipe.steps_per_epoch == 0 or step + 1 == recipe.steps:
                accuracy = _accuracy(net, *held_out)
                seconds = time.perf_counter() - began
                run.record(
                    {"step": step + 1, "loss": loss, "accuracy": accuracy, "seconds": round(seconds, 1)}
                )
                run.save_checkpoint(net, optimizer, step + 1)
            report(Progress(step + 1, recipe.steps, loss, accuracy))
    return _finish(run, net, validation, {"validation_window_accuracy": accuracy})


def as_input(windows: FloatArray) -> Tensor:
    """(B, 1, 28, 28) input of the net from (B, 28, 28) windows, 0 paper to 1 ink."""
    return torch.from_numpy(windows).unsqueeze(1)


def classify(net: DigitNet, windows: FloatArray) -> npt.NDArray[np.int64]:
    """(B,) most probable class of each of (B, 28, 28) windows, 10 for no-digit."""
    net.eval()
    with torch.inference_mode():
        parts = [
            net(as_input(windows[first : first + 512])).argmax(1) for first in range(0, len(windows), 512)
        ]
    return np.asarray(torch.cat(parts).numpy())


def either_loss(logits: Tensor, right: Tensor) -> Tensor:
    """Minus the logarithm of the probability that the right classes have together, averaged.

    With one right class this is cross-entropy.

    Args:
        logits: (B, C).
        right: (B, C), true where a class is right; at least one in each row.
    """
    of_right = logits.masked_fill(~right, -torch.inf).logsumexp(dim=1)
    return (logits.logsumexp(dim=1) - of_right).mean()


def _learn(
    net: DigitNet,
    optimizer: torch.optim.Optimizer,
    windows: Tensor,
    right: Tensor,
    recipe: DigitRecipe,
    step: int,
) -> float:
    """One step; returns its loss."""
    torch.manual_seed(hash((recipe.seed, step)))  # dropout: the same after a resume
    for group in optimizer.param_groups:
        group["lr"] = learning_rate(recipe, step)
    net.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = net(windows.contiguous(memory_format=torch.channels_last))
    loss = either_loss(logits.float(), right)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


def learning_rate(recipe: DigitRecipe, step: int) -> float:
    """Rises evenly during the warm-up, then falls as a half cosine to nothing."""
    warm_up = max(1, round(recipe.warm_up * recipe.steps))
    if step < warm_up:
        return recipe.learning_rate * (step + 1) / warm_up
    return recipe.learning_rate * (1 + math.cos(math.pi * (step - warm_up) / (recipe.steps - warm_up))) / 2


def _optimizer(net: DigitNet, recipe: DigitRecipe) -> torch.optim.Optimizer:
    kernels = [parameter for parameter in net.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in net.parameters() if parameter.ndim <= 1]
    groups = [
        {"params": kernels, "weight_decay": recipe.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)


def _accuracy(net: DigitNet, windows: FloatArray, right: npt.NDArray[np.bool_]) -> float:
    return float(right[np.arange(len(windows)), classify(net, windows)].mean())


def _finish(run: Run, net: DigitNet, validation: DigitSource, figures: dict[str, object]) -> Description:
    """Fits the temperature and writes the model files."""
    net = net.to(memory_format=torch.contiguous_format)
    description = Description(
        name=run.folder.resolve().name,
        geometry=GEOMETRY,
        recipe={"stage": "digits", **asdict(run.recipe)},
        data=run.data,
        card=figures,
    )
    export_onnx(run.model, fully_convolutional(net), description)
    temperature = _temperature(Engine(run.model), validation, run.recipe)
    description = Description(**{**vars(description), "temperature": temperature})
    describe_onnx(run.model, description)
    save_net(run.folder / "model.safetensors", net, description)
    return description


def _temperature(engine: Engine, validation: DigitSource, recipe: DigitRecipe, count: int = 500) -> float:
    """Fitted on strips of one to eight validation digits that went through the reader's own preprocessing."""
    rng = _rng(recipe, TEMPERATURE_STREAM)
    maps, strings = [], []
    for _ in range(count):
        synthetic = random_strip(validation, Layout(digits=(1, 8), gap_px=(-1, 8)), rng)
        strip = strip_of_page(synthetic.page, GEOMETRY)
        if strip is not None:
            maps.append(engine.class_map(strip).log_probs)
            strings.append([int(digit) for digit in synthetic.text])
    return fit_temperature(maps, strings)


def _rng(recipe: DigitRecipe, stream: int) -> np.random.Generator:
    return np.random.default_rng([recipe.seed, stream])
