"""Makes the files beside it with the tools whose formats they have.

Needs gzip 1.12, zstd and pzstd 1.5, bzip2 1.0, xz 5.4, lz4 1.9, and from PyPI bgzip 0.5 and
python-snappy 0.7. All hold the lines that `TEXT` says, most in two members.
"""

import subprocess
from pathlib import Path

import bgzip
import snappy

FOLDER = Path(__file__).resolve().parent
TEXT = "".join('{"row":%d,"square":%d}\n' % (i, i * i) for i in range(3000)).encode()
HEAD, TAIL = TEXT[:40000], TEXT[40000:]


def twice(*command: str) -> bytes:
    def run(part: bytes) -> bytes:
        return subprocess.run(command, input=part, stdout=subprocess.PIPE, check=True).stdout

    return run(HEAD) + run(TAIL)


def crc32c(data: bytes) -> int:
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def plain_snappy(data: bytes) -> bytes:
    """Chunks without compression and a chunk of padding, by Snappy's framing_format.txt."""
    stream = b"\xff\x06\0\0sNaPpY" + b"\xfe\x03\0\0abc"
    for at in range(0, len(data), 65536):
        chunk = data[at : at + 65536]
        crc = crc32c(chunk)
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        stream += b"\x01" + (len(chunk) + 4).to_bytes(3, "little")
        stream += masked.to_bytes(4, "little") + chunk
    return stream


def write(name: str, data: bytes) -> None:
    (FOLDER / name).write_bytes(data)


write("rows.gz", twice("gzip", "-9"))
write("rows.zst", twice("zstd", "-q", "-19", "-c"))
write("rows.bz2", twice("bzip2", "-1"))
write("rows.xz", twice("xz", "-T2", "--block-size=10000"))
write("rows.lz4", twice("lz4", "-q", "-BD", "-B4", "-c"))
write("rows.blocks.lz4", twice("lz4", "-q", "-BI", "-BX", "--content-size", "-B4", "-c"))
write("rows.sz", snappy.StreamCompressor().compress(HEAD) + plain_snappy(TAIL))
with (FOLDER / "rows.bgzf.gz").open("wb") as raw, bgzip.BGZipWriter(raw) as writer:
    writer.write(TEXT)
plain = FOLDER / "plain"
plain.write_bytes(TEXT)
subprocess.run(["pzstd", "-q", "-f", "-p", "2", plain, "-o", FOLDER / "rows.pzstd.zst"], check=True)
plain.unlink()
