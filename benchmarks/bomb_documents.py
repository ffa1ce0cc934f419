"""PDFs that take more time or memory to draw than their size lets expect."""

import zlib

INCH = (0, 0, 72, 72)


def pdf(
    contents: list[str] | str,
    objects: list[str | bytes] | None = None,
    box: tuple[int, ...] = INCH,
    resources: str = "",
    pages: int = 1,
) -> bytes:
    """A PDF whose pages all have the same contents.

    Args:
        contents: Operators of the page.
        objects: Further objects, from number 4 on.
        box: Left, bottom, right and top of a page, in points.
        resources: Entries of its resources.
        pages: Number of pages.
    """
    extra = objects or []
    first = 4 + len(extra)
    kids = " ".join(f"{first + number} 0 R" for number in range(pages))
    sides = " ".join(map(str, box))
    leaf = f"<</Type/Page/Parent 2 0 R/MediaBox[{sides}]/Resources<<{resources}>>/Contents 3 0 R>>"
    bodies: list[str | bytes] = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {pages}>>",
        stream("", "\n".join(contents) if isinstance(contents, list) else contents),
        *extra,
        *[leaf] * pages,
    ]
    data, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(data))
        data += (
            f"{number} 0 obj\n".encode() + (body.encode() if isinstance(body, str) else body) + b"\nendobj\n"
        )
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    size = len(bodies) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer<</Size {size}/Root 1 0 R>>"
    return bytes(data) + f"{end}\nstartxref\n{len(data)}\n%%EOF".encode()


def stream(entries: str, content: str | bytes) -> bytes:
    """A stream with its dictionary."""
    data = content.encode() if isinstance(content, str) else content
    return f"<<{entries}/Length {len(data)}>>stream\n".encode() + data + b"\nendstream"


def inflating(entries: str, block: bytes, times: int) -> bytes:
    """A stream of a block many times over, compressed."""
    deflate = zlib.compressobj(9)
    data = b"".join(deflate.compress(block) for _ in range(times)) + deflate.flush()
    return stream(f"{entries}/Filter/FlateDecode", data)


def form_in_itself() -> bytes:
    """A form that draws itself twice."""
    form = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 72 72]/Resources<</XObject<</F 4 0 R>>>>", "/F Do /F Do"
    )
    return pdf("/F Do", [form], resources="/XObject<</F 4 0 R>>")


def forms_in_forms(depth: int, each: int) -> bytes:
    """Forms that draw the next one several times."""
    head = "/Type/XObject/Subtype/Form/BBox[0 0 72 72]/Resources<</XObject<</F {} 0 R>>>>"
    forms: list[str | bytes] = [stream(head.format(5 + number), "/F Do " * each) for number in range(depth)]
    leaf = stream("/Type/XObject/Subtype/Form/BBox[0 0 72 72]", "0 0 72 72 re f")
    return pdf("/F Do", [*forms, leaf], resources="/XObject<</F 4 0 R>>")


def tiny_pattern() -> bytes:
    """A page filled with tiles far smaller than a pixel."""
    head = "/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep .001/YStep .001"
    fill = "/Pattern cs /P scn 0 0 14400 14400 re f"
    return pdf(
        fill, [stream(f"{head}/Resources<<>>", "0 0 1 1 re f")], (0, 0, 14400, 14400), "/Pattern<</P 4 0 R>>"
    )


def shading_of_function(operators: int) -> bytes:
    """A shading whose every pixel runs a long program."""
    program = "{" + "pop dup sin cos sqrt exch " * operators + "}"
    function = stream("/FunctionType 4/Domain[0 1 0 1]/Range[0 1]", program)
    shading = (
        "<</ShadingType 1/ColorSpace/DeviceGray/Domain[0 1 0 1]/Matrix[5000 0 0 5000 0 0]/Function 4 0 R>>"
    )
    return pdf("/S sh", [function, shading], (0, 0, 5000, 5000), "/Shading<</S 5 0 R>>")


def content_of_zeros(megabytes: int) -> bytes:
    """Content that inflates to a thousand times its size."""
    data = inflating("", b"0 0 72 72 re f\n" * 66_667, megabytes)
    return pdf("/F Do", [data.replace(b"<<", b"<</Type/XObject/Subtype/Form/BBox[0 0 72 72]", 1)],
               resources="/XObject<</F 4 0 R>>")  # fmt: skip


def large_image(side: int) -> bytes:
    """An image of one grey."""
    head = f"/Type/XObject/Subtype/Image/Width {side}/Height {side}/BitsPerComponent 8/ColorSpace/DeviceRGB"
    return pdf(
        "72 0 0 72 0 0 cm /I Do", [inflating(head, bytes(3 * side), side)], resources="/XObject<</I 4 0 R>>"
    )


def many_pages(count: int) -> bytes:
    """Blank pages."""
    return pdf("0 0 36 36 re f", pages=count)


def large_page(points: int) -> bytes:
    """A page of the greatest size."""
    return pdf(f"0 0 {points // 2} {points} re f", box=(0, 0, points, points))
