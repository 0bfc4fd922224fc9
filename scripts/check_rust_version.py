#!/usr/bin/env python3
"""Checks that no crate of `cargo metadata` (standard input) asks for a newer Rust than the argument."""

import json
import sys


def main() -> int:
    oldest = version(sys.argv[1])
    crates = json.load(sys.stdin)["packages"]
    newer = [
        f"{crate['name']} {crate['version']} needs Rust {crate['rust_version']}"
        for crate in crates
        if crate["rust_version"] and version(crate["rust_version"]) > oldest
    ]
    print("\n".join(newer) if newer else f"none of {len(crates)} crates asks for more than {sys.argv[1]}")
    return 1 if newer else 0


def version(text: str) -> tuple[int, ...]:
    numbers = [int(number) for number in text.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))


if __name__ == "__main__":
    sys.exit(main())
