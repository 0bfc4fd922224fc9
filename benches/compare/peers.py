"""One conversion by one peer, in a process of its own.

Prints its seconds by the clock and of CPU and its peak memory in bytes as JSON. Starting Python and
importing the peer are not counted.

    peers.py PEER INPUT OUTPUT CODEC THREADS SCHEMA

CODEC is `zstd-1`, `zstd-3`, `snappy` or `none`. SCHEMA is a Parquet file whose columns are the
types to read, or `infer`. Every peer has the settings that its documentation names as the fastest
for this work; where it cannot be given something, it says so in `CANNOT`.
"""

import importlib
import json
import os
import resource
import sys
import time

# What a peer cannot be given, as (peer, what): the comparison leaves those cells empty.
CANNOT = {
    # Its tuples cannot be null, so a schema with nullable structs has no equal there.
    ("chdb", "schema"),
}


def main() -> None:
    peer, source, target, codec, threads, schema = sys.argv[1:]
    codec, _, level = codec.partition("-")
    schema = None if schema == "infer" else read_schema(schema)
    # Read when it is imported.
    os.environ["POLARS_MAX_THREADS"] = threads
    importlib.import_module(peer)
    begun, cpu_before = time.monotonic(), cpu_seconds()
    CONVERT[peer](source, target, codec, int(level) if level else None, int(threads), schema)
    measured = {
        "wall": time.monotonic() - begun,
        "cpu": cpu_seconds() - cpu_before,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    print(json.dumps(measured))


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def read_schema(path):
    import pyarrow.parquet

    return pyarrow.parquet.read_schema(path).remove_metadata()


def by_duckdb(source, target, codec, level, threads, schema):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    # Faster in parallel; ours keeps the order.
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    columns = ""
    if schema is not None:
        fields = ", ".join(f"{quoted(f.name)}: {quoted(duckdb_type(f.type))}" for f in schema)
        columns = f", columns = {{{fields}}}"
    compression = {"zstd": "zstd", "snappy": "snappy", "none": "uncompressed"}[codec]
    options = f"FORMAT parquet, COMPRESSION {compression}"
    options += f", COMPRESSION_LEVEL {level}" if level else ""
    rows = f"read_json({quoted(source)}, format = 'newline_delimited'{columns})"
    connection.execute(f"COPY (SELECT * FROM {rows}) TO {quoted(target)} ({options})")


def duckdb_type(arrow) -> str:
    import pyarrow.types as types

    if types.is_struct(arrow):
        fields = (f'"{field.name}" {duckdb_type(field.type)}' for field in arrow)
        return f"STRUCT({', '.join(fields)})"
    if types.is_list(arrow):
        return f"{duckdb_type(arrow.value_type)}[]"
    if types.is_timestamp(arrow):
        return "TIMESTAMPTZ" if arrow.tz else "TIMESTAMP"
    names = {"int64": "BIGINT", "double": "DOUBLE", "bool": "BOOLEAN", "string": "VARCHAR"}
    return {**names, "date32[day]": "DATE"}[str(arrow)]


def by_polars(source, target, codec, level, threads, schema):
    import polars

    columns = None
    if schema is not None:
        # Timestamps are read as text there, and cast.
        text = schema_with_text_timestamps(schema)
        columns = polars.from_arrow(text.empty_table()).schema
    frame = polars.scan_ndjson(source, schema=columns, infer_schema_length=None)
    for field in schema or []:
        if str(field.type).startswith("timestamp"):
            time_zone = "UTC" if field.type.tz else None
            parsed = polars.col(field.name).str.to_datetime(time_unit="us", time_zone=time_zone)
            frame = frame.with_columns(parsed)
    compression = {"none": "uncompressed"}.get(codec, codec)
    frame.sink_parquet(target, compression=compression, compression_level=level)


def schema_with_text_timestamps(schema):
    """Timestamps of the first level only: those of nested columns are text in every shape."""
    import pyarrow

    def field(field):
        is_timestamp = pyarrow.types.is_timestamp(field.type)
        return field.with_type(pyarrow.string()) if is_timestamp else field

    return pyarrow.schema([field(f) for f in schema])


def by_pyarrow(source, target, codec, level, threads, schema):
    import pyarrow
    import pyarrow.json
    import pyarrow.parquet

    pyarrow.set_cpu_count(threads)
    read = pyarrow.json.ReadOptions(use_threads=threads > 1, block_size=8 << 20)
    parse = pyarrow.json.ParseOptions(explicit_schema=schema)
    table = pyarrow.json.read_json(source, read_options=read, parse_options=parse)
    pyarrow.parquet.write_table(table, target, compression=codec, compression_level=level)


def by_datafusion(source, target, codec, level, threads, schema):
    import datafusion

    configuration = datafusion.SessionConfig().with_target_partitions(threads)
    context = datafusion.SessionContext(configuration)
    frame = context.read_json(source, schema=schema, file_extension=os.path.splitext(source)[1])
    compression = {"none": "uncompressed"}.get(codec, codec)
    frame.write_parquet(target, compression=compression, compression_level=level)


def by_chdb(source, target, codec, level, threads, schema):
    import chdb

    assert schema is None
    settings = {
        "max_threads": threads,
        "output_format_parquet_compression_method": quoted(codec),
        "output_format_parquet_string_as_string": 1,
        "schema_inference_make_columns_nullable": 1,
        "input_format_json_infer_incomplete_types_as_strings": 1,
        "engine_file_truncate_on_insert": 1,
    }
    if level:
        settings["output_format_compression_level"] = level
    settings = ", ".join(f"{name} = {value}" for name, value in settings.items())
    chdb.query(
        f"INSERT INTO FUNCTION file({quoted(target)}, Parquet) "
        f"SELECT * FROM file({quoted(source)}, JSONEachRow) SETTINGS {settings}"
    )


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


CONVERT = {
    "duckdb": by_duckdb,
    "polars": by_polars,
    "pyarrow": by_pyarrow,
    "datafusion": by_datafusion,
    "chdb": by_chdb,
}

if __name__ == "__main__":
    main()
