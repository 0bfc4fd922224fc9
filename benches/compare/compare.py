"""Compares `convert` with its peers, side by side, and prints Markdown.

    benches/compare/run [--shapes events,..] [--codecs zstd-3,..] [--schemas given,infer]
                        [--threads 1,2] [--peers duckdb,..] [--mib 256] [--rounds 3] [--folder DIR]

Every peer first converts a sample, whose rows have to be ours. Then each round runs every contender
once, one after the other, and medians are taken. Beside the Markdown, `compare.json` in the folder
has every run and `compare.svg` a chart of the first table.
"""

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import chart
import peers

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
SHAPES = ["events", "github", "wide", "logs", "numbers"]
CODECS = ["zstd-3", "zstd-1", "snappy", "none"]
OURS = "ndjson-parquet"
SAMPLE_MIB = 4


def main() -> None:
    wanted = arguments()
    folder = wanted.folder
    folder.mkdir(parents=True, exist_ok=True)
    build()
    contenders = [OURS, "arrow-rs", *wanted.peers]
    runs = []
    for shape in wanted.shapes:
        source, schema = generate(folder, shape, wanted.mib)
        check_sample(folder, shape, contenders, wanted.schemas)
        for given in wanted.schemas:
            for threads in wanted.threads:
                for codec in wanted.codecs:
                    case = {"shape": shape, "schema": given, "threads": threads, "codec": codec}
                    typed = schema if given == "given" else "infer"
                    for name, medians in measure(source, typed, case, contenders, wanted).items():
                        runs.append({**case, "contender": name, **medians})
    report = {"machine": machine(), "mib": wanted.mib, "rounds": wanted.rounds, "runs": runs}
    (folder / "compare.json").write_text(json.dumps(report, indent=1) + "\n")
    print_tables(report, contenders)
    (folder / "compare.svg").write_text(chart.draw(report))


def arguments() -> argparse.Namespace:
    words = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", type=words, default=SHAPES)
    parser.add_argument("--codecs", type=words, default=CODECS)
    parser.add_argument("--schemas", type=words, default=["given", "infer"])
    parser.add_argument("--threads", type=words, default=["1", "2"])
    parser.add_argument("--peers", type=words, default=list(peers.CONVERT))
    parser.add_argument("--mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=TARGET / "compare")
    return parser.parse_args()


def build() -> None:
    cargo = ["cargo", "build", "--quiet", "--release", "--locked"]
    subprocess.run([*cargo, "-p", "ndjson-parquet-cli"], cwd=ROOT, check=True)
    subprocess.run(
        [*cargo, "-p", "ndjson-parquet-benches", "--bin", "arrow-rs"], cwd=ROOT, check=True
    )


def generate(folder: Path, shape: str, mib: int) -> tuple[Path, Path]:
    """The input, and a Parquet file that has its schema."""
    source = folder / f"{shape}-{mib}.ndjson"
    if not source.exists():
        with open(source.with_suffix(".part"), "wb") as out:
            command = [program(OURS), "gen", shape, "--bytes", f"{mib}MiB", "--seed", "42"]
            subprocess.run(command, stdout=out, check=True)
        source.with_suffix(".part").rename(source)
    schema = folder / f"{shape}-schema.parquet"
    convert(OURS, source, schema, "zstd-1", "2", "infer")
    return source, schema


def program(name: str) -> str:
    return str(TARGET / "release" / name)


def convert(name: str, source, target, codec: str, threads: str, schema) -> dict:
    """Seconds, CPU seconds and peak memory of one conversion."""
    Path(target).unlink(missing_ok=True)
    if name == OURS:
        command = [program(OURS), "convert", source, target, "--quiet", "--threads", threads]
        command += ["--compression", codec.replace("-", ":")]
        command += [] if schema == "infer" else ["--schema", schema, "--unknown", "error"]
    elif name == "arrow-rs":
        command = [program(name), source, target, codec, threads, schema]
    else:
        command = [sys.executable, Path(peers.__file__), name]
        command += [source, target, codec, threads, schema]
    begun = time.monotonic()
    child = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE)
    printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - begun
    if status != 0:
        raise SystemExit(f"{name} failed on {source}: {command}")
    if name in peers.CONVERT:
        measured = json.loads(printed)
    else:
        cpu = used.ru_utime + used.ru_stime
        measured = {"wall": wall, "cpu": cpu, "peak": used.ru_maxrss * 1024}
    return {**measured, "size": Path(target).stat().st_size}


def measure(source: Path, schema, case: dict, contenders: list[str], wanted) -> dict[str, dict]:
    able = [name for name in contenders if is_able(name, case["schema"])]
    taken = {name: [] for name in able}
    rows = {}
    for _ in range(wanted.rounds):
        for name in able:
            target = source.with_suffix(".parquet")
            taken[name].append(
                convert(name, source, target, case["codec"], case["threads"], schema)
            )
            rows[name] = row_count(target)
    if len(set(rows.values())) != 1:
        raise SystemExit(f"{case}: the outputs have different numbers of rows: {rows}")
    medians = {}
    for name, measured in taken.items():
        medians[name] = {
            key: statistics.median(run[key] for run in measured) for key in measured[0]
        }
        medians[name]["bytes_in"] = source.stat().st_size
    print(f"{case}: done", file=sys.stderr)
    return medians


def is_able(name: str, schema: str) -> bool:
    return not (schema == "given" and (name, "schema") in peers.CANNOT)


def row_count(path: Path) -> int:
    return int(check("rows", path))


def check_sample(folder: Path, shape: str, contenders: list[str], schemas: list[str]) -> None:
    """Stops unless all outputs hold the values that Python's json module reads."""
    source, schema = generate(folder, shape, SAMPLE_MIB)
    for given in schemas:
        for name in contenders:
            if is_able(name, given):
                target = folder / f"{shape}-sample.parquet"
                typed = schema if given == "given" else "infer"
                convert(name, source, target, "zstd-1", "1", typed)
                found = check("values", target, source)
                if found:
                    raise SystemExit(f"{shape}, schema {given}, {name}: {found}")


def check(*words) -> str:
    """In a process of its own: the peak memory of a child counts from that of its parent."""
    command = [sys.executable, Path(__file__).with_name("check.py"), *words]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def machine() -> str:
    name = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} CPUs, {name.group(1) if name else platform.machine()}"


def print_tables(report: dict, contenders: list[str]) -> None:
    print(f"{report['mib']} MiB of each shape, medians of {report['rounds']}; {report['machine']}.\n")
    cases = dict.fromkeys((r["codec"], r["schema"], r["threads"]) for r in report["runs"])
    for codec, schema, threads in cases:
        runs = [
            run for run in report["runs"]
            if (run["codec"], run["schema"], run["threads"]) == (codec, schema, threads)
        ]
        print(f"### {codec}, schema {'inferred' if schema == 'infer' else schema}, "
              f"{threads} thread{'s' if threads != '1' else ''}\n")
        print_table("MB of NDJSON per CPU second", runs, contenders, speed("cpu"), max)
        print_table("MB of NDJSON per second by the clock", runs, contenders, speed("wall"), max)
        print_table("Peak memory, MiB", runs, contenders, lambda run: run["peak"] / 2**20, min)
        print_table("Size of the file, MB", runs, contenders, lambda run: run["size"] / 1e6, min)


def speed(key: str):
    return lambda run: run["bytes_in"] / 1e6 / run[key]


def print_table(title: str, runs: list[dict], contenders: list[str], value, best) -> None:
    ratio = "ours to the best peer" if best is max else "ours to the least of a peer"
    print(f"{title}:\n\n| shape | {' | '.join(contenders)} | {ratio} |")
    print(f"|---{'|---' * len(contenders)}|---|")
    for shape in dict.fromkeys(run["shape"] for run in runs):
        found = {run["contender"]: value(run) for run in runs if run["shape"] == shape}
        cells = [f"{found[name]:.0f}" if name in found else "" for name in contenders]
        others = [found[name] for name in found if name != OURS]
        share = f"**{found[OURS] / best(others):.2f}x**" if others else ""
        print(f"| {shape} | {' | '.join(cells)} | {share} |")
    print()


if __name__ == "__main__":
    main()
