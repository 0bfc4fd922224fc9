"""Draws how fast each contender converts, relative to the fastest, as an SVG of bars."""

BAR, GAP, LABEL, WIDTH = 14, 4, 110, 420
COLOURS = ["#d9480f", "#1c7ed6", "#2b8a3e", "#862e9c", "#5c940d", "#0b7285", "#868e96"]


def draw(report: dict) -> str:
    """The first case of the report: MB of NDJSON per CPU second, a group of bars a shape."""
    first = report["runs"][0]
    case = (first["codec"], first["schema"], first["threads"])
    runs = [r for r in report["runs"] if (r["codec"], r["schema"], r["threads"]) == case]
    names = list(dict.fromkeys(run["contender"] for run in runs))
    colours = dict(zip(names, COLOURS))
    parts, y = [], 44
    for shape in dict.fromkeys(run["shape"] for run in runs):
        group = [run for run in runs if run["shape"] == shape]
        fastest = max(rate(run) for run in group)
        parts.append(text(8, y + BAR - 3, shape, "font-weight='bold'"))
        for run in group:
            length = WIDTH * rate(run) / fastest
            parts.append(f"<rect x='{LABEL + 70}' y='{y}' width='{length:.1f}' height='{BAR}' "
                         f"fill='{colours[run['contender']]}'/>")
            parts.append(text(LABEL + 62, y + BAR - 3, run["contender"], "text-anchor='end'"))
            parts.append(text(LABEL + 76 + length, y + BAR - 3, f"{rate(run):.0f}"))
            y += BAR + GAP
        y += 10
    schema = "inferred" if case[1] == "infer" else case[1]
    title = (f"NDJSON to Parquet, {case[0]}, schema {schema}, threads: {case[2]}; "
             "MB of NDJSON per CPU second")
    width = LABEL + WIDTH + 130
    return (f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{y}' "
            f"font-family='sans-serif' font-size='11'>\n"
            f"<rect width='{width}' height='{y}' fill='white'/>\n"
            + text(8, 22, title, "font-size='13'") + "\n" + "\n".join(parts) + "\n</svg>\n")


def rate(run: dict) -> float:
    return run["bytes_in"] / 1e6 / run["cpu"]


def text(x: float, y: float, words: str, more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y}' {more}>{words}</text>"
