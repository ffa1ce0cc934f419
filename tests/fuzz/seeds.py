"""Writes the corpus: small files of each format, drawn and made by this project.

PYTHONPATH=tests python -m fuzz.seeds
"""

import io
import json
import shutil
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from fuzz.target import CORPUS
from fuzz.targets import models, runs

SIZE = 40, 24


def main() -> None:
    """Writes all files anew."""
    for name, contents in (*_pictures(), *_texts(), *_trainings()):
        folder = CORPUS / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for number, content in enumerate(contents):
            (folder / f"{number:02}").write_bytes(content)


def _drawn(mode: str = "L") -> Image.Image:
    """A few strokes."""
    picture = Image.new("L", SIZE, 235)
    draw = ImageDraw.Draw(picture)
    draw.line((6, 4, 6, 19), 20, 2)
    draw.ellipse((12, 4, 21, 19), outline=30, width=2)
    draw.line((27, 4, 35, 4, 29, 19), 25, 2)
    if mode == "RGBA":
        return Image.merge("RGBA", (*[Image.new("L", SIZE, 0)] * 3, picture.point(lambda value: 255 - value)))
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture, np.uint16) * 257)
    return picture.convert(mode)


def _encoded(picture: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def _pictures() -> Iterator[tuple[str, list[bytes]]]:
    exif = Image.Exif()
    exif[0x0112] = 6
    grey, colour, alpha, palette = (_drawn(mode) for mode in ("L", "RGB", "RGBA", "P"))
    bilevel, deep = _drawn("1"), _drawn("I;16")
    frames: dict[str, Any] = {"save_all": True, "append_images": [grey.rotate(90), grey]}
    png = [_encoded(each, "PNG") for each in (grey, colour, alpha, palette, bilevel, deep)]
    yield "picture-png", [*png, _encoded(grey, "PNG", exif=exif), _encoded(grey, "PNG", **frames)]
    yield "reading-file", png[:3]
    jpeg = [_encoded(grey, "JPEG"), _encoded(colour, "JPEG", progressive=True, exif=exif)]
    yield "picture-jpeg", [*jpeg, _encoded(_drawn("CMYK"), "JPEG", quality=40)]
    tiffs = [(grey, "raw"), (bilevel, "group4"), (colour, "tiff_lzw"), (alpha, "tiff_deflate"), (deep, "raw")]
    tiff = [_encoded(each, "TIFF", compression=how) for each, how in tiffs]
    yield (
        "picture-tiff",
        [*tiff, _encoded(colour, "TIFF", compression="jpeg"), _encoded(grey, "TIFF", **frames)],
    )
    yield "picture-bmp", [_encoded(each, "BMP") for each in (grey, colour, alpha, bilevel)]
    yield (
        "picture-ppm",
        [*(_encoded(each, "PPM") for each in (grey, colour, bilevel)), b"P2\n3 2\n15\n0 3 5\n9 9 15\n"],
    )
    yield "picture-webp", [_encoded(colour, "WEBP"), _encoded(alpha, "WEBP", lossless=True, exif=exif)]
    yield "picture-gif", [_encoded(palette, "GIF"), _encoded(grey, "GIF", **frames, loop=0)]
    yield "picture-avif", [_encoded(colour, "AVIF", quality=30), _encoded(alpha, "AVIF", quality=30)]
    import pillow_heif

    heic = io.BytesIO()
    pillow_heif.from_pillow(colour).save(heic, quality=30)
    yield "picture-heic", [heic.getvalue()]
    yield "pdf", [*_pdfs(), _encoded(grey, "PDF")]


def _pdfs() -> Iterator[bytes]:
    """PDFs of a page with strokes, of a form, and of a pattern, a shading and a function."""
    form = (
        b"<</Type/XObject/Subtype/Form/BBox[0 0 80 40]/Length 22>>\nstream\n0 0 m 40 30 l 2 w S\n\nendstream"
    )
    shading = b"<</ShadingType 2/ColorSpace/DeviceGray/Coords[0 0 80 0]/Function 6 0 R/Extend[true true]>>"
    function = b"<</FunctionType 2/Domain[0 1]/C0[1]/C1[0]/N 1>>"
    for content in (b"2 w 10 5 m 10 35 l S 30 5 20 30 re S", b"/F Do 1 0 0 1 30 0 cm /F Do", b"/S sh"):
        resources = b"<</XObject<</F 5 0 R>>/Shading<</S 7 0 R>>>>"
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 80 40]/Contents 4 0 R/Resources " + resources + b">>"
        stream = b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content)
        pages = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
        yield _pdf(b"<</Type/Catalog/Pages 2 0 R>>", pages, page, stream, form, function, shading)


def _pdf(*objects: bytes) -> bytes:
    text, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(text))
        text += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    head = b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(places) + 1, len(text))
    return text + head + table + trailer


def _texts() -> Iterator[tuple[str, list[bytes]]]:
    yield "labels", [b"file,label\na.png,0417\nimages/b.png,\n", b'\xef\xbb\xbffile,label\r\n"a,b.png",1\r\n']
    yield "lexicon", [b"00501\n10001\n94105\n", b"12,0.5\n13,2\n\n140,1e-3\n"]
    profile = b'[profile.own]  # mine\npattern = "[0-9]{4}"\ncheck = "luhn"\ntemperature = 1.2\n'
    others = b'[profile.own]\nlength = "5-9"\nmin_value = 10\n[profile."two words"]\nlength = "2"\n'
    yield "profile", [profile, others]
    yield "profile-saved", [profile, others]


def _trainings() -> Iterator[tuple[str, list[bytes]]]:
    yield "run-record", [json.dumps(runs.record(net)).encode() for net in ("reader", "detector")]
    line = {
        "stage": "digits",
        "step": 2,
        "loss": 0.5,
        "errors": 0.1,
        "seconds": 3.0,
        "examples_per_second": 9.5,
    }
    lines = [{**line, "step": 4}, {**line, "stage": "strings"}]
    yield "metrics", ["".join(json.dumps(each) + "\n" for each in (line, *lines)).encode()]
    yield from ((name, [content]) for name, content in runs.tiny_nets().items())
    yield "model-bytes", [models.small_onnx()]


if __name__ == "__main__":
    main()
