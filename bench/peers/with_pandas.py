"""pandas: the columns that are needed, read by PyArrow's parser into Arrow-backed columns."""

import task

import sys

import pandas as pd
import pyarrow as pa

pa.set_cpu_count(int(sys.argv[3]))


def read(job, path):
    text, delimiter, names = task.csv_of(path)
    columns = task.COLUMNS[job]
    if not text:
        return pd.read_parquet(path, columns=columns, dtype_backend="pyarrow")
    if names:  # its usecols goes by the header, which is not there; all columns are wanted
        return pd.read_csv(path, sep=delimiter, header=None, names=names, engine="pyarrow", dtype_backend="pyarrow")
    return pd.read_csv(path, usecols=columns, engine="pyarrow", dtype_backend="pyarrow")


def power_sums(t):
    """Of v1 and v2 as x and y, of the rows that have both; integers, so that they are exact."""
    t = t[t["v1"].notna() & t["v2"].notna()]
    return t.assign(xx=t["v1"] * t["v1"], yy=t["v2"] * t["v2"], xy=t["v1"] * t["v2"], n=1)


def squared_correlation(s):
    n, x, y = s["n"], s["v1"], s["v2"]
    top = (n * s["xy"] - x * y).astype("float64")
    return top * top / ((n * s["xx"] - x * x).astype("float64") * (n * s["yy"] - y * y).astype("float64"))


def priced(t):
    """The rows of TPC-H Q1 with its products."""
    day = pd.Timestamp(1998, 9, 2)
    times = str(t["l_shipdate"].dtype).startswith(("datetime64", "timestamp"))
    t = t[t["l_shipdate"] <= (day if times else day.date())]
    price = t["l_extendedprice"] * (1 - t["l_discount"])
    return t.assign(disc_price=price, charge=price * (1 + t["l_tax"]))


def words(path):
    with open(path, encoding="utf-8") as text:
        word = pd.Series(text.read().lower().split())
    return word.groupby(word, sort=False).size()


def answer(job, path, threads, variant):
    if job == "wordcount":
        return words(path)
    t = read(job, path)
    if job == "tpch-q1":
        t = priced(t)
    if job == "q9":
        t = power_sums(t)
    groups = t.groupby(task.KEYS[job], sort=job == "tpch-q1", dropna=False, observed=True)
    match job:
        case "q1" | "q2":
            return groups.agg(v1=("v1", "sum"))
        case "q3":
            return groups.agg(v1=("v1", "sum"), v3=("v3", "mean"))
        case "q4":
            return groups.agg(v1=("v1", "mean"), v2=("v2", "mean"), v3=("v3", "mean"))
        case "q5":
            return groups[["v1", "v2", "v3"]].sum()
        case "q6":
            return groups["v3"].agg(["median", "std"])
        case "q7":
            got = groups.agg(most=("v1", "max"), least=("v2", "min"))
            return (got["most"] - got["least"]).to_frame("spread")
        case "q8":
            top = t.sort_values("v3", ascending=False).groupby("id6", sort=False, dropna=False).head(2)
            return top[["id6", "v3"]].set_index("id6")
        case "q9":
            return squared_correlation(groups[["n", "v1", "v2", "xx", "yy", "xy"]].sum()).to_frame("r2")
        case "q10":
            return groups.agg(v3=("v3", "sum"), n=("v3", "size"))
        case "brc":
            return groups["t"].agg(["min", "mean", "max"])
        case "tpch-q1":
            return groups.agg(
                sum_qty=("l_quantity", "sum"), sum_base_price=("l_extendedprice", "sum"), sum_disc_price=("disc_price", "sum"),
                sum_charge=("charge", "sum"), avg_qty=("l_quantity", "mean"), avg_price=("l_extendedprice", "mean"),
                avg_disc=("l_discount", "mean"), count_order=("l_quantity", "size"),
            )  # fmt: skip
        case "wide-user":
            return groups.agg(n=("bytes", "size"), bytes=("bytes", "sum"))
        case "wide-url":
            return groups.size().to_frame("n")


def table(got):
    frame = got.reset_index()
    frame.columns = [str(i) for i in range(frame.shape[1])]
    return pa.Table.from_pandas(frame, preserve_index=False)


if __name__ == "__main__":
    task.run(answer, len, table)
