"""Tables of common types, for formats other than Arrow IPC.

    tables.py make FOLDER              table.parquet (codecs, page versions), table.csv,
                                       table.jsonl, as pandas and pyarrow write them
    tables.py check FOLDER FILE...     each FILE holds the same table
"""
import datetime
import decimal
import json
import os
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

ROWS = 3000

SCHEMA = pa.schema([
    ("i", pa.int64()),
    ("f", pa.float64()),
    ("s", pa.string()),
    ("b", pa.bool_()),
    ("day", pa.date32()),
    ("at", pa.timestamp("us")),
    ("dec", pa.decimal128(12, 2)),
])
NESTED = pa.schema([("l", pa.list_(pa.int64())), ("st", pa.struct([("a", pa.int64()), ("b", pa.string())]))])


def value(name, i):
    if i % 11 == len(name):
        return None
    epoch = datetime.datetime(1965, 3, 4, 5, 6, 7)
    return {
        "i": (i * 7919 - 9_000_000) ** 3 % (1 << 63) - (1 << 62),
        "f": [i / 7, -0.0, 1e300, 5e-324, float("inf")][i % 5] if i % 3 == 0 else i * 0.1,
        "s": ["", "plain", 'a "quoted", one', "two\nlines", "größer 🦆", "0123", "null", " x "][i % 8],
        "b": i % 2 == 0,
        "day": (epoch + datetime.timedelta(days=i * 13)).date(),
        "at": epoch + datetime.timedelta(seconds=i * 1234567, microseconds=i),
        "dec": decimal.Decimal(i * 37 - 5000).scaleb(-2),
        "l": list(range(i % 4)),
        "st": {"a": i, "b": None if i % 2 else "x%d" % i},
    }[name]


def table(schema):
    return pa.table({f.name: pa.array([value(f.name, i) for i in range(ROWS)], f.type) for f in schema}, schema=schema)


def make(folder):
    flat = table(SCHEMA)
    both = table(pa.schema(list(SCHEMA) + list(NESTED)))
    for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
        for version in ["1.0", "2.0"]:
            pq.write_table(both, os.path.join(folder, "table_%s_%s.parquet" % (codec, version)), compression=codec,
                           data_page_version=version, row_group_size=700, use_dictionary=codec != "zstd", data_page_size=2000)
    flat.to_pandas(types_mapper=pd.ArrowDtype).to_csv(os.path.join(folder, "table_pandas.csv"), index=False)
    pa.csv.write_csv(flat, os.path.join(folder, "table_pyarrow.csv"))
    flat.drop_columns(["dec", "f"]).to_pandas(types_mapper=pd.ArrowDtype).to_json(
        os.path.join(folder, "table_pandas.jsonl"), orient="records", lines=True, date_format="iso", date_unit="us")


def read(path):
    """What Python reads of a file that arrowmill wrote."""
    if path.endswith(".parquet"):
        return pq.read_table(path)
    if path.endswith(".jsonl"):
        with open(path, encoding="utf-8") as f:
            rows = [json.loads(line, parse_float=decimal.Decimal) for line in f]
        for row in rows:
            row["at"] = row["at"] and datetime.datetime.fromisoformat(row["at"])
            row["day"] = row["day"] and datetime.date.fromisoformat(row["day"])
        schema = pa.schema([f for f in SCHEMA if f.name in rows[0]])
        return pa.Table.from_pylist(rows, schema=schema)
    options = pa.csv.ConvertOptions(column_types=SCHEMA, strings_can_be_null=True, quoted_strings_can_be_null=False,
                                    null_values=[""], true_values=["true"], false_values=["false"])
    by_pyarrow = pa.csv.read_csv(path, convert_options=options, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    by_pandas = pd.read_csv(path, keep_default_na=False, na_values={c: [""] for c in SCHEMA.names if c != "s"},
                            dtype={"i": "Int64", "s": str, "b": "boolean"})
    if by_pandas["i"].tolist() != by_pyarrow["i"].to_pandas(types_mapper=pd.ArrowDtype).tolist():
        sys.exit("%s: pandas and pyarrow differ" % path)
    if len(by_pandas) != ROWS or by_pandas["s"].tolist() != [v or "" for v in by_pyarrow["s"].to_pylist()]:
        sys.exit("%s: pandas reads other rows" % path)
    return by_pyarrow


def check(paths):
    for path in paths:
        got = read(path)
        for name in got.column_names:
            want = [value(name, i) for i in range(ROWS)]
            if name == "s" and "pandas.csv" in path:  # where an empty text is written as null is
                want = [v or None for v in want]
            values = got.column(name).to_pylist()
            if [repr(v) for v in values] != [repr(v) for v in want]:
                for i, (a, b) in enumerate(zip(values, want)):
                    if repr(a) != repr(b):
                        sys.exit("%s: row %d of %s: %r, not %r" % (path, i, name, a, b))
                sys.exit("%s: %s has %d rows" % (path, name, len(values)))


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    check(sys.argv[2:])
