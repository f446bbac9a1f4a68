"""Polars: lazy frames over the file. The variant is its engine: in-memory or streaming."""

import task

import datetime
import os
import sys

os.environ["POLARS_MAX_THREADS"] = sys.argv[3]

import polars as pl



def scan(path):
    text, delimiter, names = task.csv_of(path)
    if not text:
        return pl.scan_parquet(path)
    if names:
        return pl.scan_csv(path, separator=delimiter, has_header=False, new_columns=names)
    return pl.scan_csv(path, separator=delimiter, try_parse_dates="lineitem" in path)


def words(path):
    line = pl.col("line").str.to_lowercase()
    return (
        pl.scan_lines(path, name="line")
        .select(line.str.replace_many(["\t", "\v", "\f", "\r"], [" "] * 4).str.split(" ").alias("word"))
        .explode("word")
        .filter(pl.col("word") != "")
        .group_by("word")
        .agg(pl.len())
    )


def pricing(t):
    price = pl.col("l_extendedprice") * (1 - pl.col("l_discount"))
    return (
        t.filter(pl.col("l_shipdate") <= datetime.date(1998, 9, 2))
        .group_by("l_returnflag", "l_linestatus")
        .agg(
            pl.col("l_quantity").sum().alias("sum_qty"),
            pl.col("l_extendedprice").sum().alias("sum_base_price"),
            price.sum().alias("sum_disc_price"),
            (price * (1 + pl.col("l_tax"))).sum().alias("sum_charge"),
            pl.col("l_quantity").mean().alias("avg_qty"),
            pl.col("l_extendedprice").mean().alias("avg_price"),
            pl.col("l_discount").mean().alias("avg_disc"),
            pl.len().alias("count_order"),
        )
        .sort("l_returnflag", "l_linestatus")
    )


v1, v2, v3, t = pl.col("v1"), pl.col("v2"), pl.col("v3"), pl.col("t")

VALUES = {
    "q1": [v1.sum()],
    "q2": [v1.sum()],
    "q3": [v1.sum(), v3.mean()],
    "q4": [v1.mean(), v2.mean(), v3.mean()],
    "q5": [v1.sum(), v2.sum(), v3.sum()],
    "q6": [v3.median().alias("median"), v3.std().alias("sd")],
    "q7": [(v1.max() - v2.min()).alias("spread")],
    "q8": [v3.top_k(2)],
    "q9": [(pl.corr("v1", "v2") ** 2).alias("r2")],
    "q10": [v3.sum(), pl.len()],
    "brc": [t.min().alias("min"), t.mean().alias("mean"), t.max().alias("max")],
    "wide-user": [pl.len(), pl.col("bytes").sum()],
    "wide-url": [pl.len()],
}


def answer(job, path, threads, variant):
    if job == "wordcount":
        question = words(path)
    elif job == "tpch-q1":
        question = pricing(scan(path))
    else:
        question = scan(path).group_by(task.KEYS[job]).agg(VALUES[job])
    return question.collect(engine=variant or "in-memory")


if __name__ == "__main__":
    task.run(answer, lambda got: got.height, lambda got: got.to_arrow())
