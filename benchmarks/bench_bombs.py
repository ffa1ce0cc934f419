"""Small files that decode to a lot of work: time and memory of reading each, and its outcome.

    python benchmarks/bench_bombs.py [PART-OF-A-NAME...]

Writes bombs.json and bombs.md; with a part of a name it reads the bombs of such names, and writes nothing.
Each is made here, and read by a process with limits of memory and time.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import bomb_documents as pdf
import bomb_pictures as pictures
from bench_report import write_markdown
from processes import SDNN, environment

from sdnn.hardware import hardware

HERE = Path(__file__).parent
MAX_BYTES: Final = 12_000_000_000
"""Address space of a reading."""
MAX_CPU_S: Final = 1200
"""Processor time of a reading."""
MAKE: Final = "--make"
"""Argument before the name of a bomb and the file that it is written to."""
MEGA: Final = 10_000
"""Side of a picture at the limit of pixels."""

BOMBS: Final[dict[str, Callable[[], bytes]]] = {
    "PNG 60,000 x 60,000": partial(pictures.png, 60_000, 60_000, rows=100),
    "PNG 1 x 200,000,000": partial(pictures.png, 1, 200_000_000, rows=1000),
    "PNG 1 x 100,000,000": partial(pictures.png, 1, 100_000_000),
    "PNG 100,000,000 x 1": partial(pictures.png, 100_000_000, 1),
    "PNG 100 M pixels, 1 bit": partial(pictures.png, MEGA, MEGA, depth=1),
    "PNG 100 M pixels, grey": partial(pictures.png, MEGA, MEGA),
    "PNG 100 M pixels, grey, 16 bits": partial(pictures.png, MEGA, MEGA, depth=16),
    "PNG 100 M pixels, RGB": partial(pictures.png, MEGA, MEGA, pictures.RGB),
    "PNG 100 M pixels, RGB, 16 bits": partial(pictures.png, MEGA, MEGA, pictures.RGB, 16),
    "PNG 100 M pixels, palette": partial(pictures.png, MEGA, MEGA, pictures.PALETTE),
    "PNG 100 M pixels, grey with opacity": partial(pictures.png, MEGA, MEGA, pictures.GREY_ALPHA),
    "PNG 100 M pixels, RGB with opacity": partial(pictures.png, MEGA, MEGA, pictures.RGBA),
    "PNG 64 M pixels, interlaced": partial(pictures.interlaced_png, 8000),
    "PNG, text of 900 MB": partial(pictures.png_with_text, b"zTXt", 900_000_000),
    "PNG, profile of 900 MB": partial(pictures.png_with_text, b"iCCP", 900_000_000),
    "PNG, 60,000 texts": partial(pictures.png_of_chunks, 60_000),
    "PNG, page of strings 30 px high": partial(pictures.field_of_digits, 9984, (104, 48), 30),
    "PNG, page of strings 9 px high": partial(pictures.field_of_digits, 9984, (52, 16), 9),
    "PNG, small page of strings 9 px high": partial(pictures.field_of_digits, 2080, (52, 16), 9),
    "PNG, bars 16,567 x 26": partial(pictures.bars, 16_567, 26, 12),
    "PNG, bars 26 x 16,567": partial(pictures.bars, 26, 16_567, 12),
    "PNG, bars 60,000 x 8": partial(pictures.bars, 60_000, 8, 8),
    "PNG, bars 8 x 60,000": partial(pictures.bars, 8, 60_000, 8),
    "JPEG 65,500 x 65,500": partial(pictures.jpeg_header, 65_500, 65_500),
    "JPEG 100 M pixels, torn off": partial(pictures.jpeg_header, MEGA, MEGA),
    "JPEG 64 M pixels": partial(pictures.plain, "JPEG", "RGB", (8000, 8000)),
    "JPEG 64 M pixels, progressive": partial(pictures.plain, "JPEG", "RGB", (8000, 8000), progressive=True),
    "JPEG of 3,000 scans": partial(pictures.jpeg_of_scans, 1500, 3000),
    "TIFF 100 M pixels, deflate": partial(
        pictures.plain, "TIFF", "RGB", (MEGA, MEGA), compression="tiff_adobe_deflate"
    ),
    "TIFF 100 M pixels, LZW": partial(pictures.plain, "TIFF", "L", (MEGA, MEGA), compression="tiff_lzw"),
    "TIFF 100 M pixels, PackBits": partial(pictures.plain, "TIFF", "L", (MEGA, MEGA), compression="packbits"),
    "TIFF 100 M pixels, fax": partial(pictures.plain, "TIFF", "1", (MEGA, MEGA), compression="group4"),
    "TIFF 25 M pixels, floats": partial(
        pictures.plain, "TIFF", "F", (5000, 5000), compression="tiff_adobe_deflate"
    ),
    "TIFF of 10,000 frames": partial(pictures.frames, "TIFF", 10_000, (1, 1)),
    "TIFF, sides of 2 ** 31": lambda: pictures.tiff(pictures.tiff_tags(2**31 - 1, 2**31 - 1)),
    "TIFF, strip of 4 GB": lambda: pictures.tiff(pictures.tiff_tags(100, 100, bytes=2**32 - 1), bytes(100)),
    "TIFF, rows of no strip": lambda: pictures.tiff(pictures.tiff_tags(MEGA, MEGA, rows=0), bytes(100)),
    "TIFF, a billion strips": lambda: pictures.tiff(
        {**pictures.tiff_tags(100, 100), 273: (4, 2**30, 8), 279: (4, 2**30, 8)}, bytes(100)
    ),
    "TIFF, tiles of 1 pixel": lambda: pictures.tiff(
        pictures.tiff_tags(MEGA, MEGA, tile_width=1, tile_height=1, tile=8, tile_bytes=100), bytes(100)
    ),
    "TIFF, tile of 60,000 x 60,000": lambda: pictures.tiff(
        pictures.tiff_tags(
            10, 10, compression=8, tile_width=60_000, tile_height=60_000, tile=8, tile_bytes=100
        ),
        bytes(100),
    ),
    "TIFF, old JPEG": lambda: pictures.tiff(pictures.tiff_tags(MEGA, MEGA, compression=6), bytes(100)),
    "TIFF, 60,000 tags": lambda: pictures.tiff(pictures.tiff_tags(10, 10), bytes(100), times=6000),
    "GIF 98 M pixels": partial(pictures.plain, "GIF", "P", (65_535, 1500)),
    "GIF of 2,000 frames": partial(pictures.frames, "GIF", 2000, (200, 200)),
    "WebP 98 M pixels": partial(pictures.plain, "WEBP", "RGB", (16_383, 6000), method=0),
    "WebP of 500 frames": partial(pictures.frames, "WEBP", 500, (200, 200), method=0),
    "AVIF 100 M pixels": partial(pictures.plain, "AVIF", "RGB", (MEGA, MEGA), speed=10),
    "BMP 100 M pixels, runs": partial(pictures.bmp_of_runs, MEGA, MEGA),
    "PPM 100 M pixels, none there": lambda: b"P6 10000 10000 255\n",
    "PPM 100 M pixels, as text": lambda: b"P1 10000 10000\n" + b"0 " * 100_000,
    "PDF, form in itself": pdf.form_in_itself,
    "PDF, 1.6 million forms": partial(pdf.forms_in_forms, 9, 5),
    "PDF, tiny pattern": pdf.tiny_pattern,
    "PDF, shading of a long function": partial(pdf.shading_of_function, 800),
    "PDF, content of 500 MB": partial(pdf.content_of_zeros, 500),
    "PDF, image of 400 M pixels": partial(pdf.large_image, 20_000),
    "PDF, page of 5 x 5 m": partial(pdf.large_page, 14_400),
    "PDF of 1,000 pages": partial(pdf.many_pages, 1000),
    "PDF of 10,000 pages": partial(pdf.many_pages, 10_000),
}


@dataclass(frozen=True)
class Row:
    """What came of one bomb.

    Attributes:
        bomb: Its name.
        kilobytes: Its size.
        seconds: Wall time of the command, with its start.
        cpu_s: Processor time of the command and the process that draws pages, which other work on the machine
            does not change.
        peak_mb: Most memory of it, or of the process that draws pages.
        exit_code: Of the command.
        outcome: Its rows by their status, and the reason of the first.
    """

    bomb: str
    kilobytes: float
    seconds: float
    cpu_s: float
    peak_mb: float
    exit_code: int
    outcome: str


def limit() -> None:
    """Limits the process that reads."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_BYTES, MAX_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_S, MAX_CPU_S))


def measure(bomb: str, folder: Path) -> Row:
    """Makes a bomb, and reads it."""
    path, out = folder / "bomb", folder / "out.jsonl"
    # Made by a process of its own: the system counts the memory of the one that starts a reading as its.
    subprocess.run([sys.executable, __file__, MAKE, bomb, str(path)], check=True)
    started = time.perf_counter()
    with out.open("w") as stdout:
        process = subprocess.Popen(
            [SDNN, "read", str(path), "--json"],
            env=environment(),
            stdout=stdout,
            stderr=subprocess.DEVNULL,
            preexec_fn=limit,
        )
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    records = [json.loads(line) for line in out.read_text().splitlines()]
    counts = Counter(record["status"] for record in records)
    reasons = [record["reason"].replace(str(path), "…") for record in records if record["reason"]]
    outcome = ", ".join(f"{count:,} {status}" for status, count in counts.items())
    return Row(
        bomb,
        path.stat().st_size / 1000,
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / 1024,
        process.returncode,
        f"{outcome}: {reasons[0]}" if reasons else outcome,
    )


def main(*parts: str) -> None:
    """Reads all bombs and writes the figures."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for bomb in BOMBS:
            if not parts or any(part.lower() in bomb.lower() for part in parts):
                rows.append(measure(bomb, Path(folder)))
                row = rows[-1]
                print(
                    f"{bomb}: {row.kilobytes:.0f} kB, {row.seconds:.1f} s, {row.cpu_s:.1f} CPU s, "
                    f"{row.peak_mb:.0f} MB, "
                    f"exit {row.exit_code}, {row.outcome}",
                    flush=True,
                )
    if parts:
        return
    (HERE / "bombs.json").write_text(
        json.dumps({"hardware": hardware(), "rows": [asdict(row) for row in rows]}, indent=2) + "\n",
        encoding="utf-8",
    )
    write_markdown(
        HERE / "bombs.md",
        ["bomb", "kB", "seconds", "CPU seconds", "peak MB", "exit code", "outcome"],
        [
            [
                row.bomb,
                f"{row.kilobytes:,.0f}",
                f"{row.seconds:.1f}",
                f"{row.cpu_s:.1f}",
                f"{row.peak_mb:.0f}",
                f"{row.exit_code}",
                row.outcome.replace("|", "/"),
            ]
            for row in rows
        ],
        f"`sdnn read BOMB --json`, one run each, with the start of the command; {hardware()}.",
    )


if __name__ == "__main__":
    if sys.argv[1:2] == [MAKE]:
        Path(sys.argv[3]).write_bytes(BOMBS[sys.argv[2]]())
    else:
        main(*sys.argv[1:])
