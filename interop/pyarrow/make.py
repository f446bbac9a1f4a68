"""Writes Arrow IPC files of many types into a folder, in both formats."""
import datetime
import decimal
import os
import sys

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.ipc as ipc

out = sys.argv[1]
rows = range(50)


def some(value, skip):
    return [None if i % skip == 0 else value(i) for i in rows]


def table(k):
    word = lambda i: "w%d" % (i % 9 + k)
    items = lambda i: list(range(i % 5))
    day = lambda i: datetime.datetime(2020, 1, 1) + datetime.timedelta(days=i, microseconds=i)
    return pa.table({
        "i": pa.array(some(lambda i: i * k, 7), pa.int32()),
        "u": pa.array(some(lambda i: i * k, 6), pa.uint64()),
        "f": pa.array(some(lambda i: i / 7, 6), pa.float64()),
        "s": pa.array(some(word, 5)),
        "large": pa.array(some(word, 5), pa.large_string()),
        "bin": pa.array(some(lambda i: bytes([i, 0]), 5), pa.binary()),
        "fixed": pa.array(some(lambda i: bytes([i, 0]), 5), pa.binary(2)),
        "d": pa.array(some(word, 5)).dictionary_encode(),
        "l": pa.array(some(items, 4), pa.list_(pa.int64())),
        "fl": pa.array(some(lambda i: [i, None], 4), pa.list_(pa.int64(), 2)),
        "m": pa.array(some(lambda i: [("a", i)], 3), pa.map_(pa.string(), pa.int32())),
        "v": pa.array(some(lambda i: "a longer string %d" % i, 5), pa.string_view()),
        "lv": pa.array(some(items, 4), pa.list_view(pa.int64())),
        "ld": pa.array([["x%d" % (i % 3 + k)] for i in rows], pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "st": pa.array(some(lambda i: {"a": i, "b": None}, 3), pa.struct([("a", pa.int16()), ("b", pa.string())])),
        "dec": pa.array(some(lambda i: decimal.Decimal(i) / 4, 3), pa.decimal128(10, 2)),
        "dec256": pa.array(some(lambda i: decimal.Decimal(i) / 4, 3), pa.decimal256(60, 2)),
        "ts": pa.array(some(day, 3), pa.timestamp("us", "UTC")),
        "date": pa.array(some(day, 3), pa.date32()),
        "dur": pa.array(some(lambda i: datetime.timedelta(seconds=i), 3), pa.duration("ms")),
        "month": pa.array(some(lambda i: (i, 2, 3), 3), pa.month_day_nano_interval()),
        "ree": pa.RunEndEncodedArray.from_arrays(pa.array([20, 30, 50], pa.int32()), pa.array([1, None, 3], pa.int64())),
        "dense": pa.UnionArray.from_dense(
            pa.array([i % 2 for i in rows], pa.int8()), pa.array([i // 2 for i in rows], pa.int32()),
            [pa.array(list(range(25)), pa.int32()), pa.array(["q%d" % i for i in range(25)])]),
        "n": pa.nulls(len(rows)),
        "b": pa.array(some(lambda i: i % 2 == 0, 3)),
    })


both = pa.concat_tables([table(1), table(2)])
for codec in [None, "lz4", "zstd"]:
    for kind, new in {"file": ipc.new_file, "stream": ipc.new_stream}.items():
        options = ipc.IpcWriteOptions(compression=codec, unify_dictionaries=kind == "file")
        with new(os.path.join(out, "%s_%s.arrow" % (kind, codec)), both.schema, options=options) as w:
            w.write_table(both, max_chunksize=30)

# As before versions 0.15 and 1.0: four bytes before a message, nulls of unions.
options = ipc.IpcWriteOptions(use_legacy_format=True, metadata_version=ipc.MetadataVersion.V4, unify_dictionaries=True)
for kind, new in {"file": ipc.new_file, "stream": ipc.new_stream}.items():
    with new(os.path.join(out, "old_%s.arrow" % kind), both.schema, options=options) as w:
        w.write_table(both, max_chunksize=30)

first = pa.record_batch({"d": pa.DictionaryArray.from_arrays(pa.array([0, 1, None], pa.int8()), ["a", "b"])})
grown = pa.record_batch({"d": pa.DictionaryArray.from_arrays(pa.array([2, 1, 0], pa.int8()), ["a", "b", "c"])})
options = ipc.IpcWriteOptions(emit_dictionary_deltas=True)
for kind, new in {"file": ipc.new_file, "stream": ipc.new_stream}.items():
    with new(os.path.join(out, "deltas_%s.arrow" % kind), first.schema, options=options) as w:
        w.write(first)
        w.write(grown)
feather.write_feather(both.select(["i", "s", "d", "l"]), os.path.join(out, "v2.feather"))
