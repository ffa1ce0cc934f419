"""Mutators of bytes, pictures, text and nested values; all chances come from the generator."""

import json
import struct
import zlib
from collections.abc import Sequence
from random import Random
from typing import Any, Final

NUMBERS: Final = (0, 1, 2, 3, 7, 8, 16, 63, 100, 127, 128, 255, 256, 999, 4096, 32767, 32768, 65535, 65536)
LARGE: Final = (2**20, 2**24, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1)


def mutated_bytes(rng: Random, seeds: Sequence[bytes], tokens: Sequence[bytes] = (), most: int = 4) -> bytes:
    """A seed with a few changes of bits, integers, tokens and ranges."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.randint(1, most)):
        data = _changed(rng, data, seeds, tokens)
    return bytes(data[:200_000])


def _changed(rng: Random, data: bytearray, seeds: Sequence[bytes], tokens: Sequence[bytes]) -> bytearray:
    at = rng.randrange(len(data) + 1)
    kind = rng.randrange(12)
    if kind == 0 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif kind == 1 and at < len(data):
        data[at] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
    elif kind in (2, 3):
        code = rng.choice(("<H", ">H", "<I", ">I", "<Q", ">Q"))
        value = rng.choice(NUMBERS + LARGE) % (1 << 8 * struct.calcsize(code))
        data[at : at + struct.calcsize(code)] = struct.pack(code, value)
    elif kind == 4 and tokens:
        data[at:at] = rng.choice(tokens)
    elif kind == 5 and tokens:
        token = rng.choice(tokens)
        data[at : at + len(token)] = token
    elif kind == 6:
        del data[at : at + _length(rng, len(data))]
    elif kind == 7:
        part = data[at : at + _length(rng, len(data))]
        data[at:at] = part * rng.choice((1, 1, 2, 8))
    elif kind == 8:
        del data[at:]
    elif kind == 9:
        other = rng.choice(seeds)
        start = rng.randrange(len(other) + 1)
        data[at : at + rng.randrange(64)] = other[start : start + _length(rng, len(other))]
    elif kind == 10:
        data[at:at] = rng.randbytes(_length(rng, 64))
    else:
        to = rng.randrange(len(data) + 1)
        size = _length(rng, len(data))
        part = data[at : at + size]
        del data[at : at + size]
        data[to:to] = part
    return data


def _length(rng: Random, longest: int) -> int:
    """A length, more often a short one."""
    return rng.randint(1, max(1, rng.choice((1, 4, 16, longest))))


def mutated_png(rng: Random, seeds: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """A PNG whose chunks are changed, mostly with checksums that are right again."""
    if rng.random() < 0.2:
        return mutated_bytes(rng, seeds, tokens)
    chunks = _png_chunks(rng.choice(seeds))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(chunks))
        name, body = chunks[at]
        kind = rng.randrange(8)
        if kind == 0:
            del chunks[at]
        elif kind == 1:
            chunks.insert(rng.randrange(len(chunks) + 1), (name, body))
        elif kind == 2:
            chunks.insert(at, (rng.choice(tokens)[:4].ljust(4, b"x"), rng.randbytes(_length(rng, 64))))
        elif kind == 3 and name == b"IDAT":
            chunks[at] = name, _recompressed(rng, body)
        elif kind == 4:
            chunks[0] = b"IHDR", _header(rng, chunks[0][1])
        else:
            chunks[at] = name, mutated_bytes(rng, [body], tokens, 2)
        if not chunks:
            break
    return b"\x89PNG\r\n\x1a\n" + b"".join(_png_chunk(rng, *chunk) for chunk in chunks)


def _png_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    chunks, at = [], 8
    while at + 8 <= len(data):
        (size,) = struct.unpack_from(">I", data, at)
        chunks.append((data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += size + 12
    return chunks


def _png_chunk(rng: Random, name: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(name + body) if rng.random() < 0.97 else rng.getrandbits(32)
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", checksum)


def _recompressed(rng: Random, body: bytes) -> bytes:
    try:
        return zlib.compress(mutated_bytes(rng, [zlib.decompress(body)]))
    except zlib.error:
        return zlib.compress(bytes(rng.choice((10, 1000, 1_000_000))))


def _header(rng: Random, body: bytes) -> bytes:
    width, height, *others = struct.unpack(">IIBBBBB", body[:13].ljust(13, b"\0"))
    if rng.random() < 0.6:
        width, height = (rng.choice((side, *NUMBERS, *LARGE[:5])) for side in (width, height))
    else:
        others[rng.randrange(5)] = rng.choice((0, 1, 2, 3, 4, 6, 8, 16, 255))
    return struct.pack(">IIBBBBB", width % 2**32, height % 2**32, *others)


def mutated_tiff(rng: Random, seeds: Sequence[bytes], tokens: Sequence[bytes] = ()) -> bytes:
    """A TIFF whose first directory has changed tags, types, counts and values."""
    data = bytearray(rng.choice(seeds))
    order = "<" if data[:2] == b"II" else ">"
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    if rng.random() < 0.3 or at + 2 > len(data):
        return mutated_bytes(rng, seeds, tokens)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    for _ in range(rng.randint(1, 3)):
        entry = at + 2 + 12 * rng.randrange(max(1, count))
        if entry + 12 > len(data):
            break
        tag, kind, number, value = struct.unpack_from(f"{order}HHII", data, entry)
        change = rng.randrange(4)
        if change == 0:
            tag = rng.choice(
                (254, 256, 257, 258, 259, 262, 273, 274, 277, 278, 279, 284, 317, 320, 322, 338, 339)
            )
        elif change == 1:
            kind = rng.randrange(20)
        elif change == 2:
            number = rng.choice(NUMBERS + LARGE[:5]) % 2**32
        else:
            value = rng.choice((*NUMBERS, *LARGE[:5], at, rng.randrange(len(data)))) % 2**32
        struct.pack_into(f"{order}HHII", data, entry, tag, kind, number, value)
    return mutated_bytes(rng, [bytes(data)], tokens, 1) if rng.random() < 0.3 else bytes(data)


def mutated_text(rng: Random, seeds: Sequence[bytes], tokens: Sequence[str], most: int = 4) -> bytes:
    """Lines of text with a few changes: lines, tokens, repetitions, odd characters."""
    lines = rng.choice(seeds).decode("utf-8", "surrogateescape").split("\n")
    for _ in range(rng.randint(1, most)):
        at = rng.randrange(len(lines))
        line, kind = lines[at], rng.randrange(9)
        place = rng.randrange(len(line) + 1)
        if kind == 0 and len(lines) > 1:
            del lines[at]
        elif kind == 1:
            lines.insert(rng.randrange(len(lines) + 1), line)
        elif kind in (2, 3, 4):
            lines[at] = line[:place] + rng.choice(tokens) + line[place + rng.choice((0, 0, 1, 3)) :]
        elif kind == 5:
            lines[at] = line[:place] + line[place + _length(rng, len(line)) :]
        elif kind == 6:
            lines[at] = line[:place] + rng.choice(tokens) * rng.choice((2, 10, 100, 1000)) + line[place:]
        elif kind == 7:
            lines[at] = line[:place] + _odd_character(rng) + line[place:]
        elif len(lines) < 2000:
            lines = lines * rng.choice((2, 3, 10))
    data = "\n".join(lines)[:100_000].encode("utf-8", "surrogatepass")
    return mutated_bytes(rng, [data], most=1) if rng.random() < 0.1 else data


def _odd_character(rng: Random) -> str:
    return rng.choice(
        ("\0", "\x1b[2J", "\r", "\t", "\x85", "\u2028", "\ufeff", "٣", "²", "\udcff", "\U0001f600", '"')
    )


ODD_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1, 2, 3, 255, 2**31, 2**63, 10**30, -(10**18), 0.5, -0.5, 1e-320, 1e308),
    *(float("nan"), float("inf"), float("-inf"), "", "text", "0", "\0", "\x1b[31m", "\ud800", "a" * 5000),
    *([], {}, [[]], {"": {}}, [1, 2], [0] * 2000, "<deep>", "<huge>", "<list>"),
)
"""Values in place of others; the last three become what `json.dumps` cannot write."""


def mutated_tree(rng: Random, tree: Any, most: int = 3) -> Any:
    """A nested value, of JSON or TOML, with a few changed, missing, doubled or renamed entries."""
    tree = json.loads(json.dumps(tree))
    for _ in range(rng.randint(1, most)):
        parents = [parent for parent in _containers(tree) if parent]
        if not parents:
            return rng.choice(ODD_VALUES)
        parent = rng.choice(parents)
        key = rng.choice(list(parent)) if isinstance(parent, dict) else rng.randrange(len(parent))
        kind = rng.randrange(8)
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[rng.choice(("", "x", "schema", "\0", f"{key}_"))] = parent[key]
        elif kind == 2 and isinstance(parent, list):
            parent.append(parent[key])
        elif kind == 3:
            parent[key] = [parent[key]]
        elif kind == 4 and isinstance(parent[key], int | float):
            parent[key] = rng.choice((-parent[key], parent[key] * 1000, parent[key] + 1, str(parent[key])))
        else:
            parent[key] = rng.choice(ODD_VALUES)
        try:
            tree = json.loads(json.dumps(tree))
        except (ValueError, RecursionError):
            return None
    return tree


def _containers(tree: Any) -> list[Any]:
    found, waiting = [], [tree]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict | list):
            found.append(each)
            waiting += each.values() if isinstance(each, dict) else each
    return found


def dumped(rng: Random, tree: Any) -> bytes:
    """JSON of a value, now and then with depths and numbers that only text can hold."""
    text = json.dumps(tree, ensure_ascii=rng.random() < 0.5)
    for name, value in (("deep", "[" * 50_000), ("huge", "9" * 5000), ("list", f"[{'0,' * 20_000}0]")):
        text = text.replace(f'"<{name}>"', value)
    return text.encode("utf-8", "surrogatepass")
