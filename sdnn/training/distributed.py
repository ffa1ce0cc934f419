"""Training by several processes, as `torchrun` starts them, on one machine or several.

A batch is divided into *parts*, each with its own seed. Their number is in the recipe; by default it is that
of the processes. A process works on its share of the parts, one after the other: with fewer processes than
parts gradients are accumulated. So a step sees the same examples whatever the number of processes, and a run
can be resumed with another number of them.

Batch normalization takes the statistics of a part, since torch has synchronised ones for graphics cards only;
its running statistics are the mean over the parts.

Reference:
    Goyal et al. 2017 (section 3) keep the statistics of batch normalization within a process, too. Where we
    differ: they scale the learning rate with the number of processes; here the batch stays the recipe's.
"""

import contextlib
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import torch
from torch import Tensor, distributed, nn

from sdnn.errors import ExitCode, SdnnError, UsageError, WorkerError

if TYPE_CHECKING:
    from sdnn.training.run_folder import RunFolder
    from sdnn.training.task import BatchMaker

Value = TypeVar("Value")
Batch = TypeVar("Batch")
AnyRun = TypeVar("AnyRun", bound="RunFolder[Any]")

LONGEST_WAIT: Final = timedelta(hours=2)
"""Time that processes wait for each other, such as for an evaluation by the first."""
MIN_PART: Final = 2
"""Examples of a part, at least: batch normalization needs two."""
FILES: Final = ("run.json", "metrics.jsonl", "start.safetensors", "checkpoint.safetensors")
"""Files of a run folder that its training reads."""


@dataclass(frozen=True)
class Team:
    """The processes of a training.

    Attributes:
        rank: Number of this process, from 0. The first one evaluates, and writes the run folder.
        size: Number of processes.
    """

    rank: int = 0
    size: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes the run folder."""
        return self.rank == 0

    def from_first(self, make: Callable[[], Value]) -> Value:
        """A value that the first process makes for all; the others wait for it, and end with its error."""
        if self.size == 1:
            return make()
        shared: list[Any] = [None, ExitCode.OK]
        try:
            if self.is_first:
                shared[0] = make()
        except SdnnError as error:
            shared[1] = error.exit_code
            raise
        finally:
            distributed.broadcast_object_list(shared)
        if shared[1] != ExitCode.OK:
            sys.exit(shared[1])  # the first process has said why
        value: Value = shared[0]
        return value

    @contextlib.contextmanager
    def shared_run(self, make: Callable[[], AnyRun]) -> Iterator[AnyRun]:
        """The run that the first process begins or resumes, in all processes.

        The others, on machines that may not see the folder, have a copy of it, which is gone with the block.

        Raises:
            UsageError: When another machine has other code.
        """
        if self.size == 1:
            yield make()
            return
        own: list[AnyRun] = []

        def content() -> tuple[type[AnyRun], dict[str, bytes]]:
            own.append(make())
            paths = [own[0].folder / name for name in FILES]
            return type(own[0]), {path.name: path.read_bytes() for path in paths if path.exists()}

        kind, files = self.from_first(content)
        if own:
            yield own[0]
            return
        with tempfile.TemporaryDirectory(prefix="sdnn-") as folder:
            for name, data in files.items():
                Path(folder, name).write_bytes(data)
            yield kind.resume(Path(folder))

    def shares(self, count: int) -> range:
        """The parts of this process, of that many."""
        return range(self.rank, count, self.size)


ALONE: Final = Team()


def is_launched() -> bool:
    """Whether `torchrun` started this process with others."""
    return "MASTER_ADDR" in os.environ and int(os.environ.get("WORLD_SIZE", "1")) > 1


@contextlib.contextmanager
def joined_team(device: str) -> Iterator[Team]:
    """The processes that `torchrun` started, connected for the block; else this one alone.

    Args:
        device: Device of the training: its graphics cards are one for each process of a machine.

    Raises:
        WorkerError: When another process is lost.
    """
    if not is_launched():
        yield ALONE
        return
    if device == "cuda":
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=LONGEST_WAIT)
    team = Team(distributed.get_rank(), distributed.get_world_size())
    try:
        yield team
    except RuntimeError as error:
        if team.is_first:
            raise
        what = f"process {team.rank} of {team.size} ends"
        raise WorkerError(f"{what}, since another was lost ({str(error).splitlines()[0][:200]})") from error
    finally:
        distributed.destroy_process_group()


def check_parts(parts: int, team: Team, batches: Sequence[int]) -> None:
    """Checks that each process has a part, and each part enough examples.

    Raises:
        UsageError: When there are more processes than parts, or more parts than the batches have pairs.
    """
    if team.size > parts:
        raise UsageError(
            f"{team.size} processes for a batch in {parts} parts; start at most {parts}, or another run with "
            f"--parts {team.size}"
        )
    if min(batches) < MIN_PART * parts:
        raise UsageError(
            f"--parts {parts}: a batch has {min(batches)} examples, and a part needs {MIN_PART}; "
            f"give at most {min(batches) // MIN_PART}"
        )


def part_seed(seed: int, number: int, count: int) -> int:
    """Seed of a part: another one for each number and count, and that of the whole for a single part."""
    if count == 1:
        return seed
    return int.from_bytes(hashlib.sha256(f"{seed} {number} {count}".encode()).digest()[:4])


def part_size(whole: int, number: int, count: int) -> int:
    """Number of examples of a part; the first ones are greater by 1 where they cannot be equal."""
    return whole // count + (number < whole % count)


@dataclass(frozen=True)
class TogetherMaker(Generic[Batch]):
    """Maker of several parts of each batch."""

    parts: "tuple[BatchMaker[Batch], ...]"

    def __call__(self, number: int) -> list[tuple[Batch, ...]]:
        """The parts of each batch of call `number`."""
        return [*zip(*(part(number) for part in self.parts), strict=True)]


class DividedStep(Generic[Batch]):
    """Gradients of a batch in parts, over all processes.

    Attributes:
        make_batches: Maker of this process's parts.
    """

    def __init__(
        self,
        net: nn.Module,
        loss: Callable[[Any, Batch], Tensor],
        maker: "BatchMaker[Batch]",
        parts: int,
        team: Team,
    ) -> None:
        """Prepares the steps.

        Args:
            net: Net in training, with the same weights in all processes.
            loss: Function from net and part to the mean loss of its examples.
            maker: Maker of whole batches.
            parts: Number of parts.
            team: The processes.
        """
        makers = [maker.part(number, parts) for number in range(parts)]
        examples = sum(each.recipe.batch for each in makers)
        self._numbers = [*team.shares(parts)]
        self._weights = [makers[number].recipe.batch / examples for number in self._numbers]
        self.make_batches = TogetherMaker(tuple(makers[number] for number in self._numbers))
        self._net, self._team = net, team
        self._parent = os.getppid()
        module = _LossModule(net, loss)
        self._module = (
            nn.parallel.DistributedDataParallel(module, forward_sync_buffers=False)
            if team.size > 1
            else module
        )

    def backward(self, batches: tuple[Batch, ...], seed: tuple[int, ...]) -> Tensor:
        """Adds the gradients of the mean loss over all parts; returns that loss.

        Args:
            batches: This process's parts.
            seed: Seed of the dropout of this step.

        Raises:
            WorkerError: When torchrun was killed: its run may be resumed by others by now.
        """
        if self._team.size > 1 and os.getppid() != self._parent:
            raise WorkerError("torchrun was killed, and its processes end with it")
        buffers = [*self._net.buffers()]
        before = [buffer.clone() for buffer in buffers]
        means = [torch.zeros_like(buffer) for buffer in buffers]
        total = torch.zeros((), device=next(self._net.parameters()).device)
        for place, (number, weight, batch) in enumerate(
            zip(self._numbers, self._weights, batches, strict=True)
        ):
            torch.manual_seed(hash((*seed, number)))
            for buffer, value in zip(buffers, before, strict=True):
                buffer.copy_(value)
            is_last = place + 1 == len(batches)
            with contextlib.nullcontext() if is_last or self._team.size == 1 else self._no_sync():
                loss = weight * self._module(batch)
                (loss * self._team.size).backward()  # the processes' gradients are averaged, not added
            total += loss.detach()
            for mean, buffer in zip(means, buffers, strict=True):
                if buffer.dtype.is_floating_point:
                    mean += weight * buffer
        self._sum([total, *(mean for mean in means if mean.dtype.is_floating_point)])
        for buffer, mean, value in zip(buffers, means, before, strict=True):
            # The others count the batches.
            buffer.copy_(mean if mean.dtype.is_floating_point else value + (buffer - value).clamp(max=1))
        return total

    def _no_sync(self) -> contextlib.AbstractContextManager[None]:
        assert isinstance(self._module, nn.parallel.DistributedDataParallel)
        no_sync: contextlib.AbstractContextManager[None] = self._module.no_sync()
        return no_sync

    def _sum(self, tensors: Sequence[Tensor]) -> None:
        """Sums tensors over the processes, in place."""
        if self._team.size > 1:
            together = torch.cat([tensor.flatten() for tensor in tensors])
            distributed.all_reduce(together)
            for tensor, summed in zip(
                tensors, together.split([tensor.numel() for tensor in tensors]), strict=True
            ):
                tensor.copy_(summed.view_as(tensor))


class _LossModule(nn.Module):
    """A net whose output is its loss, as `DistributedDataParallel` wraps one."""

    def __init__(self, net: nn.Module, loss: Callable[[Any, Any], Tensor]) -> None:
        super().__init__()
        self.net = net
        self._loss = loss

    def forward(self, batch: Any) -> Tensor:
        """Loss of a batch."""
        return self._loss(self.net, batch)
