"""pandas in a Pool of processes: each reads a part of the file and groups it, and the parts are grouped again.

As the guides to chunked groupby teach it, but that each process reads its own part: rows do not go through a pipe.
"""

import task

import collections
import io
import multiprocessing
import os

import pandas as pd
import pyarrow.parquet as pq

import with_pandas

PARTS = 8  # of a process: memory is bounded by a part, not by the file

SUMS = {
    "q1": {"v1": "sum"},
    "q2": {"v1": "sum"},
    "q3": {"v1": "sum", "v3": "sum", "v3n": "sum"},
    "q4": {"v1": "sum", "v1n": "sum", "v2": "sum", "v2n": "sum", "v3": "sum", "v3n": "sum"},
    "q5": {"v1": "sum", "v2": "sum", "v3": "sum"},
    "q7": {"v1": "max", "v2": "min"},
    "q9": {"n": "sum", "v1": "sum", "v2": "sum", "xx": "sum", "yy": "sum", "xy": "sum"},
    "q10": {"v3": "sum", "n": "sum"},
    "brc": {"least": "min", "t": "sum", "n": "sum", "most": "max"},
    "tpch-q1": {"l_quantity": "sum", "l_extendedprice": "sum", "disc_price": "sum", "charge": "sum", "l_discount": "sum", "n": "sum"},
    "wide-user": {"n": "sum", "bytes": "sum"},
    "wide-url": {"n": "sum"},
}


def byte_ranges(path, n):
    """About n parts of a text, cut behind line ends."""
    size = os.path.getsize(path)
    cuts = [0]
    with open(path, "rb") as text:
        for i in range(1, n):
            text.seek(max(size * i // n, cuts[-1]))
            text.readline()
            cuts.append(text.tell())
    return [(a, b) for a, b in zip(cuts, cuts[1:] + [size]) if a < b]


def read_range(path, part):
    with open(path, "rb") as text:
        text.seek(part[0])
        return text.read(part[1] - part[0])


def part_of(job, path, part):
    text, delimiter, names = task.csv_of(path)
    columns = task.COLUMNS[job]
    if not text:
        return pq.ParquetFile(path).read_row_groups(part, columns=columns, use_threads=False).to_pandas(types_mapper=pd.ArrowDtype)
    first = part[0] == 0
    if names is None:
        with open(path, "rb") as file:
            names = file.readline().decode().strip().split(delimiter)
    else:
        first = False
    dates = ["l_shipdate"] if "l_shipdate" in columns else None
    return pd.read_csv(
        io.BytesIO(read_range(path, part)), sep=delimiter, header=None, names=names, skiprows=1 if first else 0, usecols=columns,
        parse_dates=dates, dtype_backend="pyarrow",
    )  # fmt: skip


def group_part(args):
    job, path, part = args
    t = part_of(job, path, part)
    if job == "q8":
        return two_largest(t)
    if job == "tpch-q1":
        t = with_pandas.priced(t)
    if job == "q9":
        t = with_pandas.power_sums(t)
    if job == "brc":
        t = t.assign(least=t["t"], most=t["t"])
    t = t.assign(**{c: t[c[:-1]].notna().astype("int64") for c in SUMS[job] if c.endswith("n") and len(c) == 3})
    if "n" in SUMS[job]:
        t = t.assign(n=1)
    return grouped(job, t)


def grouped(job, t):
    return t.groupby(task.KEYS[job], sort=False, dropna=False).agg(SUMS[job])


def two_largest(t):
    return t.sort_values("v3", ascending=False).groupby("id6", sort=False, dropna=False).head(2)


def finish(job, s):
    """The answer, of the sums of all parts."""
    match job:
        case "q3":
            return pd.DataFrame({"v1": s["v1"], "v3": s["v3"] / s["v3n"]})
        case "q4":
            return pd.DataFrame({v: s[v] / s[v + "n"] for v in ("v1", "v2", "v3")})
        case "q7":
            return (s["v1"] - s["v2"]).to_frame("spread")
        case "q9":
            return with_pandas.squared_correlation(s).to_frame("r2")
        case "brc":
            return pd.DataFrame({"min": s["least"], "mean": s["t"] / s["n"], "max": s["most"]})
        case "tpch-q1":
            means = {c + "_mean": s[c] / s["n"] for c in ("l_quantity", "l_extendedprice", "l_discount")}
            sums = s[["l_quantity", "l_extendedprice", "disc_price", "charge"]]
            return sums.assign(**means, n=s["n"]).sort_index()
    return s


def count_part(args):
    path, part = args
    return collections.Counter(read_range(path, part).decode().lower().split())


def words(path, threads):
    parts = [(path, part) for part in byte_ranges(path, threads * PARTS)]
    total = collections.Counter()
    with multiprocessing.Pool(threads) as pool:
        for counts in pool.imap_unordered(count_part, parts):
            total.update(counts)
    return total


def answer(job, path, threads, variant):
    if job == "wordcount":
        return words(path, threads)
    if job == "q6":
        raise task.Cannot("a median is not made of the medians of parts")
    if path.endswith(".csv"):
        parts = byte_ranges(path, threads * PARTS)
    else:
        groups = pq.ParquetFile(path).metadata.num_row_groups
        step = max(1, groups // (threads * PARTS))
        parts = [list(range(g, min(g + step, groups))) for g in range(0, groups, step)]
    with multiprocessing.Pool(threads) as pool:
        got = list(pool.imap_unordered(group_part, [(job, path, part) for part in parts]))
    if job == "q8":
        return two_largest(pd.concat(got))[["id6", "v3"]].set_index("id6")
    return finish(job, grouped(job, pd.concat(got).reset_index()))


def table(got):
    if isinstance(got, dict):
        got = pd.DataFrame(got.items(), columns=["word", "n"]).set_index("word")
    return with_pandas.table(got)


if __name__ == "__main__":
    task.run(answer, len, table)
