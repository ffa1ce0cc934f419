"""Faults in the middle of a reading on Ray: killed workers, a killed driver, a lost node."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from process_tree import ray_actors
from processes import SDNN, environment

from scale.material import Material
from scale.runs import Outcome, compared

Disturbance = Callable[[subprocess.Popen[bytes], Path], None]
WAIT_S: Final = 0.05


def kill_workers(times: int, parts: int) -> Disturbance:
    """Kills a worker, so many times, each time after some more of the parts are there."""

    def disturb(process: subprocess.Popen[bytes], out: Path) -> None:
        for time_ in range(times):
            _wait_for_parts(process, out, parts * (time_ + 1) // (times + 1))
            if workers := ray_actors(process.pid):
                os.kill(workers[0], signal.SIGKILL)
        process.wait()

    return disturb


def kill_driver(parts: int) -> Disturbance:
    """Kills the command itself after so many parts; it is given again with --resume."""

    def disturb(process: subprocess.Popen[bytes], out: Path) -> None:
        _wait_for_parts(process, out, parts)
        process.kill()
        process.wait()

    return disturb


def lose_node(material: Material, out: Path, parts: int, expected: dict[str, list[str]]) -> Outcome:
    """Reads on two nodes of this machine, one of which is stopped in the middle."""
    for name in ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN"):
        os.environ.pop(name, None)
    os.environ.update({"RAY_USAGE_STATS_ENABLED": "0", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"})
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        second = cluster.add_node(num_cpus=1)
        cluster.wait_for_nodes()
        command = [SDNN, "read", str(material.files), "--engine", "ray", "-o", str(out), "-q", "--jobs", "2"]
        began = time.perf_counter()
        with subprocess.Popen(
            [*command, "--address", cluster.address], env=environment(), stderr=subprocess.PIPE
        ) as process:
            _wait_for_parts(process, out, parts)
            cluster.remove_node(second, allow_graceful=False)
            # The one actor that has lost its node waits for a processor: the job goes on with the other.
            _, stderr = process.communicate()
        if process.returncode not in {0, 3, 4, 5}:
            sys.exit(f"the reading without a node ended with {process.returncode}: {stderr.decode()}")
        return compared(out, material, expected, time.perf_counter() - began)
    finally:
        cluster.shutdown()


def _wait_for_parts(process: subprocess.Popen[bytes], out: Path, parts: int) -> None:
    while process.poll() is None and len([*out.glob("part-*")]) < parts:
        time.sleep(WAIT_S)
