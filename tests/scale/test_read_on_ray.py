"""`sdnn read --engine ray` with processes of Ray: the same records, also after kills."""

import json
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from helpers.archives import write_tar
from helpers.batch_folder import write_batch
from helpers.cli_runner import SAMPLE, SAMPLES, SDNN, assert_one_line, records, sdnn, sdnn_process
from helpers.deadlines import started, wait_until
from process_tree import descendants, ray_actors

from sdnn.errors import ExitCode, UsageError

pytest.importorskip("ray", reason="needs the extra ray")

import pyarrow.parquet as pq

from sdnn.scale.ray_session import ray_session
from sdnn.scale.table import records_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_batch(tmp_path / "strips")


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [row for part in path.glob("part-*.parquet") for row in records_of(pq.read_table(part))]


def comparable(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps({**record, "elapsed_ms": 0}, sort_keys=True) for record in found)


def parts(path: Path) -> int:
    return len([*path.glob("part-*")])


def kill_one_after(count: int, out: Path, driver: int) -> None:
    """Kills a worker once so many parts are there."""
    wait_until(lambda: parts(out) >= count and bool(ray_actors(driver)))
    os.kill(ray_actors(driver)[0], signal.SIGKILL)


@pytest.mark.slow
def test_ray_writes_the_records_of_plain_reading_though_workers_are_killed(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = [SDNN, "read", folder, "--engine", "ray", "-o", out, "--jobs", "2", "-v"]
    with started(*command, stdout=subprocess.PIPE) as process:
        kill_one_after(1, out, process.pid)
        kill_one_after(3, out, process.pid)
        stdout, stderr = process.communicate()
    assert process.returncode == ExitCode.UNREADABLE
    assert stdout.decode() == f"{out}\n"
    assert_one_line(stderr, "4 error")
    assert comparable(rows_in(out)) == comparable(records(sdnn("read", folder, "--json", "-q").stdout))
    assert (out / "_SUCCESS").exists()


@pytest.mark.slow
def test_a_killed_driver_leaves_no_process_and_its_work_is_gone_on_with(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["read", folder, "--engine", "ray", "-o", out, "--jobs", "1", "--json"]
    with started(SDNN, *command, stderr=subprocess.DEVNULL) as process:
        wait_until(lambda: parts(out) >= 2)
        below = [pid for pid, _ in descendants(process.pid)]
        process.kill()
    assert below
    wait_until(lambda: not any(is_running(pid) for pid in below))
    assert not (out / "_SUCCESS").exists()
    kept = {path: path.read_bytes() for path in out.glob("part-*")}
    archive = write_tar(tmp_path / "more.tar", [("0.png", SAMPLE.read_bytes())])
    result = sdnn_process(*command, archive, "--resume", "--exit-zero")
    assert (result.returncode, result.stderr) == (ExitCode.OK, b"")
    found = [record for part in out.glob("part-*.jsonl") for record in records(part.read_bytes())]
    (own,) = records(sdnn("read", SAMPLE, "--json").stdout)
    plain = records(sdnn("read", folder, "--json", "-q").stdout)
    assert comparable(found) == comparable([*plain, {**own, "source": f"{archive}/0.png"}])
    assert all(path.read_bytes() == content for path, content in kept.items())


@pytest.mark.slow
def test_a_terminated_driver_says_so_and_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["read", folder, "--engine", "ray", "-o", out, "--jobs", "1"]
    with started(SDNN, *command, stderr=subprocess.PIPE) as process:
        wait_until(lambda: parts(out) >= 1)
        process.terminate()
        _, stderr = process.communicate()
    assert process.returncode == 128 + signal.SIGTERM
    assert_one_line(stderr, "terminated; go on with the same command and --resume")
    assert not (out / "_SUCCESS").exists()


@pytest.mark.slow
def test_an_address_of_a_file_system_is_written_as_it_is_given(tmp_path: Path) -> None:
    uri = (tmp_path / "out").as_uri()
    result = sdnn_process("read", SAMPLE, "--engine", "ray", "-o", uri, "--jobs", "1", "-q")
    assert (result.returncode, result.stdout.decode()) == (ExitCode.OK, f"{uri}\n")
    assert (tmp_path / "out" / "_SUCCESS").exists()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--engine", "ray"), "add --output DIR"),
        (("--address", "auto"), "--address has an effect with --engine ray only"),
        (("--image-column", "x"), "--image-column has an effect"),
        (("--engine", "ray", "-o", "{out}", "--format", "csv"), "leave out --format csv"),
        (("--engine", "ray", "-o", "{out}", "--explain", "x.png"), "--explain has no effect"),
        (("--engine", "ray", "-o", "{out}", "--shard", "1/2"), "--shard has no effect"),
        (("--engine", "ray", "-o", "{out}", "--model", "missing.onnx"), "missing.onnx"),
        (("--engine", "ray", "-o", "{file}"), "is a file"),
        (("--engine", "ray", "-o", "-"), "add --output DIR"),
        (("--engine", "ray", "-o", ""), "add --output DIR"),
    ],
)
def test_calls_without_sense_are_refused_in_one_line_before_ray_starts(
    tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    given = [option.format(out=tmp_path / "out", file=file) for option in options]
    result = sdnn("read", SAMPLES, *given)
    assert result.returncode in {ExitCode.USAGE, ExitCode.MODEL}
    assert_one_line(result.stderr, message)
    assert [*tmp_path.iterdir()] == [file]


@pytest.mark.slow
def test_a_cluster_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"  # bound, but nobody listens
        result = sdnn_process("read", SAMPLE, "--engine", "ray", "--address", address, "-o", tmp_path / "out")
    assert result.returncode == ExitCode.USAGE
    assert_one_line(result.stderr, f"--address {address}", "ray start --head")


def test_where_ray_finds_no_cluster_the_line_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    def refuse(**options: object) -> None:
        assert options["address"] == "auto"
        raise ConnectionError("Could not find any running\nRay instance.")

    # The real search would find clusters of tests that run side by side.
    monkeypatch.setattr(ray, "init", refuse)
    complaint = r"^--address auto: no Ray cluster .*start one with"
    with pytest.raises(UsageError, match=complaint) as caught, ray_session("auto", 1):
        pass
    assert "\n" not in str(caught.value)
