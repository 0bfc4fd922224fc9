#!/usr/bin/env python3
"""Checks the parts of the house style (CONTRIBUTING.md) that a machine can count.

Lengths of files and functions without tests, names that say nothing, and notes to oneself.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60

# Functions that may be longer, as "path::name", each with the reason.
LONG_FUNCTIONS: dict[str, str] = {}

BANNED_FILE_NAMES = {"utils", "util", "helper", "helpers", "manager", "misc", "common"}

BANNED_IN_RUST = [
    # But for those of the Parquet library's `ChunkReader` and of `ObjectStore`.
    (re.compile(r"\bfn get_(?!read\(|bytes\(|opts\()\w+"), "name it by what it returns, without `get_`"),
    (re.compile(r"\bfn set_\w+"), "options are given by `with_*`"),
    (re.compile(r"\bdeny\(warnings\)"), "warnings are denied by scripts/test, not in source"),
    (re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b"), "finish it, or open an issue"),
]

BANNED_ANYWHERE = [(re.compile(r"(?<![\w.])/(?:home|root|Users)/\w"), "a path of one machine")]

TEST_MODULE = re.compile(r"^#\[cfg\((?:all\()?test\b")
FUNCTION = re.compile(r"^( *)(?:pub(?:\([^)]*\))? )?(?:const )?(?:async )?(?:unsafe )?fn (\w+)")


def main() -> int:
    problems = []
    for path in tracked_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # Binary test data, or a file that is deleted but not yet committed.
        lines = text.splitlines()
        if path.parts[0] != "testdata":
            problems += banned(path, lines, BANNED_ANYWHERE)
        if path.suffix == ".rs":
            problems += rust_problems(path, lines)
    print("\n".join(problems) if problems else "the style that can be counted is kept")
    return 1 if problems else 0


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    )
    return [Path(name) for name in listed.stdout.split("\0") if name]


def rust_problems(path: Path, lines: list[str]):
    yield from banned(path, lines, BANNED_IN_RUST)
    if path.stem in BANNED_FILE_NAMES and "tests" not in path.parts:
        yield f"{path}: `{path.stem}` does not say what is in it"
    if "tests" in path.parts or path.stem == "tests":
        return
    lines = without_tests(lines)
    if len(lines) > MAX_FILE_LINES:
        yield f"{path}: {len(lines)} lines without tests, expected at most {MAX_FILE_LINES}"
    for number, name, length in functions(lines):
        if length > MAX_FUNCTION_LINES and f"{path}::{name}" not in LONG_FUNCTIONS:
            yield f"{path}:{number}: `{name}` has {length} lines, expected at most {MAX_FUNCTION_LINES}"


def banned(path: Path, lines: list[str], patterns):
    for number, line in enumerate(lines, start=1):
        for pattern, reason in patterns:
            if found := pattern.search(line):
                yield f"{path}:{number}: `{found[0]}`: {reason}"


def without_tests(lines: list[str]) -> list[str]:
    """The lines before the test module, which by the house style is the last item of a file."""
    for number, line in enumerate(lines):
        if TEST_MODULE.match(line) and any(
            following.startswith("mod ") for following in lines[number + 1 : number + 4]
        ):
            return lines[:number]
    return lines


def functions(lines: list[str]):
    """Each function as (line number, name, lines); relies on rustfmt's indentation."""
    for start, line in enumerate(lines):
        if not (head := FUNCTION.match(line)) or line.rstrip().endswith((";", "}")):
            continue
        end = head[1] + "}"
        for stop in range(start + 1, len(lines)):
            if lines[stop] == head[1] + ");" or lines[stop].startswith(head[1] + ") ->") and lines[stop].endswith(";"):
                break  # A declaration without a body, over several lines.
            if lines[stop] == end:
                yield start + 1, head[2], stop - start + 1
                break


if __name__ == "__main__":
    sys.exit(main())
