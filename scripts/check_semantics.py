#!/usr/bin/env python3
"""Checks that every rule of docs/semantics.md names a test, and that the test exists.

The last column of each table holds test names in backticks, `module::name` or `name`. A Rust test
is a function with a `#[test]` attribute, and none that ignores it, under a crate's src or tests
folder; `module` is its file or folder. A Python test is a function whose name starts with `test`,
under a tests folder.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "docs" / "semantics.md"

NAME = re.compile(r"`([\w:]+)`")
RUST_FUNCTION = re.compile(r"^\s*(?:pub(?:\([^)]*\))? )?(?:async )?fn (\w+)")
PYTHON_FUNCTION = re.compile(r"^\s*(?:async )?def (test\w*)\(", re.MULTILINE)


def main() -> int:
    tests = rust_tests() | python_tests()
    problems = []
    rules = list(table_rows(RULES.read_text(encoding="utf-8")))
    for number, rule, cell in rules:
        names = NAME.findall(cell)
        if not names:
            problems.append(f"line {number}: no test for: {rule}")
        for name in names:
            if name not in tests:
                problems.append(f"line {number}: no such test: {name}")
    for problem in problems:
        print(f"{RULES.relative_to(ROOT)}, {problem}")
    print(f"{len(rules)} rules, {len(problems)} problems")
    return 1 if problems or not rules else 0


def table_rows(text: str):
    """The rows of all tables as (line number, first cell, last cell), without their headings."""
    in_body = False
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("|"):
            in_body = False
        elif re.fullmatch(r"[|\s:-]+", line):
            in_body = True
        elif in_body:
            # A bar inside a cell is written with a backslash before it.
            cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
            yield number, cells[0].strip(), cells[-1].strip()


def rust_tests() -> set[str]:
    names = set()
    for folder in crate_folders("src", "tests"):
        for path in folder.rglob("*.rs"):
            module = path.parent.name if path.stem in ("tests", "mod") else path.stem
            for name in tests_of(path.read_text(encoding="utf-8")):
                names |= {name, f"{module}::{name}"}
    return names


def tests_of(source: str):
    """The names of the functions whose attributes make them a test that runs."""
    attributes = []
    for line in source.splitlines():
        text = line.strip()
        function = RUST_FUNCTION.match(line)
        if function and "#[test]" in attributes:
            if not any(attribute.startswith("#[ignore") for attribute in attributes):
                yield function[1]
        if text.startswith("#["):
            attributes.append(text)
        elif not text.startswith("//"):
            attributes = []


def python_tests() -> set[str]:
    return {
        name
        for folder in [*crate_folders("tests"), ROOT / "tests"]
        for path in folder.rglob("*.py")
        for name in PYTHON_FUNCTION.findall(path.read_text(encoding="utf-8"))
    }


def crate_folders(*names: str):
    for manifest in ROOT.glob("*/Cargo.toml"):
        for name in names:
            yield manifest.parent / name


if __name__ == "__main__":
    sys.exit(main())
