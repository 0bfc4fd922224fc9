"""What a Parquet file holds: `check.py rows FILE`, or `check.py values FILE NDJSON`.

The second prints nothing where the file holds the values that Python's json module reads, in any
order of the rows, and else the first row that differs. A null, an absent field, an empty list and an
empty object are one (some peers have no nullable lists); an instant is one whether it is a timestamp
or text; a whole float is an integer.
"""

import datetime
import json
import re
import sys

import pyarrow.parquet


def main() -> None:
    match sys.argv[1:]:
        case ["rows", file]:
            print(pyarrow.parquet.read_metadata(file).num_rows)
        case ["values", file, ndjson]:
            print(difference(file, ndjson))
        case other:
            sys.exit(f"expected rows FILE or values FILE NDJSON, found {other}")


def difference(file: str, ndjson: str) -> str:
    with open(ndjson, encoding="utf-8") as lines:
        expected = sorted(canonical(json.loads(line)) for line in lines)
    found = sorted(canonical(row) for row in pyarrow.parquet.read_table(file).to_pylist())
    if len(found) != len(expected):
        return f"expected {len(expected)} rows, found {len(found)}"
    for one, other in zip(found, expected):
        if one != other:
            return f"expected\n{other}\nfound\n{one}"
    return ""


def canonical(row: dict) -> str:
    return json.dumps(simplified(row), sort_keys=True, ensure_ascii=False)


INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")


def simplified(value):
    """The value without what may differ between outputs; see the head of this file."""
    if isinstance(value, dict):
        fields = {key: simplified(field) for key, field in value.items()}
        return {key: field for key, field in fields.items() if field is not None} or None
    if isinstance(value, list):
        return [simplified(item) for item in value] or None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str) and INSTANT.fullmatch(value):
        value = datetime.datetime.fromisoformat(value)
    if isinstance(value, datetime.datetime):
        if value.tzinfo is not None:
            value = value.astimezone(datetime.timezone.utc).replace(tzinfo=None)
        return value.isoformat()
    if isinstance(value, datetime.date):
        return value.isoformat()
    return value


if __name__ == "__main__":
    main()
