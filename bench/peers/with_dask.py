"""Dask: a dask.dataframe of blocks, aggregated as a tree, on its threads; words by dask.bag."""

import sys
import task

import dask
import dask.bag
import dask.dataframe as dd
import pandas as pd

import with_pandas

BLOCK = 32 << 20


def read(job, path):
    text, delimiter, names = task.csv_of(path)
    columns = task.COLUMNS[job]
    if not text:
        return dd.read_parquet(path, columns=columns, split_row_groups=True)
    dates = ["l_shipdate"] if "l_shipdate" in columns else None
    return dd.read_csv(
        path, sep=delimiter, header=None if names else 0, names=names, usecols=columns, blocksize=BLOCK, parse_dates=dates,
        assume_missing="nulls" in path,  # as its own error says, where a later block has nulls
    )  # fmt: skip


def two_largest(t):
    return t.sort_values("v3", ascending=False).groupby("id6", sort=False, dropna=False).head(2)


def answer(job, path, threads, variant):
    if job == "wordcount":
        # A bag is of Python objects: processes, as its documentation says.
        counts = dask.bag.read_text(path, blocksize=BLOCK).str.lower().str.split().flatten().frequencies()
        return counts.compute(scheduler="processes", num_workers=threads)
    dask.config.set(scheduler="threads", num_workers=threads)
    t = read(job, path)
    if job == "q8":  # of each block, then of what is left of all
        return two_largest(t.map_partitions(two_largest).compute())[["id6", "v3"]].set_index("id6")
    return frame(job, t).compute()


def frame(job, t):
    if job == "q9":
        t = t.map_partitions(with_pandas.power_sums)
    if job == "tpch-q1":
        t = t.map_partitions(with_pandas.priced)
    if job in ("q10", "tpch-q1", "wide-user", "wide-url", "q3"):
        t = t.assign(one=1)
    groups = t.groupby(task.KEYS[job], sort=False, dropna=False)
    match job:
        case "q6":
            return groups["v3"].agg(["median", "std"])
        case "q7":
            got = groups.agg({"v1": "max", "v2": "min"})
            return (got["v1"] - got["v2"]).to_frame("spread")
        case "q9":
            sums = groups[["n", "v1", "v2", "xx", "yy", "xy"]].sum()
            return sums.map_partitions(lambda s: with_pandas.squared_correlation(s).to_frame("r2"))
        case "brc":
            return groups["t"].agg(["min", "mean", "max"])
        case "tpch-q1":
            got = groups.agg({
                "l_quantity": ["sum", "mean"], "l_extendedprice": ["sum", "mean"], "disc_price": "sum", "charge": "sum",
                "l_discount": "mean", "one": "sum",
            })  # fmt: skip
            order = [("l_quantity", "sum"), ("l_extendedprice", "sum"), ("disc_price", "sum"), ("charge", "sum"),
                     ("l_quantity", "mean"), ("l_extendedprice", "mean"), ("l_discount", "mean"), ("one", "sum")]  # fmt: skip
            return got[order]
    return groups.agg({
        "q1": {"v1": "sum"},
        "q2": {"v1": "sum"},
        "q3": {"v1": "sum", "v3": "mean"},
        "q4": {"v1": "mean", "v2": "mean", "v3": "mean"},
        "q5": {"v1": "sum", "v2": "sum", "v3": "sum"},
        "q10": {"v3": "sum", "one": "sum"},
        "wide-user": {"one": "sum", "bytes": "sum"},
        "wide-url": {"one": "sum"},
    }[job])  # fmt: skip


def table(got):
    if isinstance(got, list):
        got = pd.DataFrame(got, columns=["word", "n"]).set_index("word")
    return with_pandas.table(got)


if __name__ == "__main__":
    task.run(answer, len, table)
