"""What the programs of this folder share: the command line and the report.

    python with_X.py JOB FILE THREADS VARIANT [ANSWER]

A program imports its library, answers JOB of FILE and keeps the answer in memory.
It prints one line of JSON: the rows of the answer, the seconds from when the library was
imported until the answer was there, and the most memory that was resident. Given ANSWER it
also writes the answer to that file, to be compared; a run that is measured is not given it. The job "start" ends when the library is imported.
"""

import json
import os
import sys
import time


class Cannot(Exception):
    """The library has no way to do the job; the text says what it lacks."""


def peak_bytes():
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    return 0


def csv_of(path):
    """Whether the table is text, and its delimiter and column names: None where a header has them."""
    table = os.path.basename(path)
    if not path.endswith(".csv"):
        return False, ",", None
    if table.startswith("brc"):
        return True, ";", ["station", "t"]
    return True, ",", None


def run(answer, rows, table):
    """Does what the command line says.

    answer(job, path, threads, variant) is the job's answer, in memory; rows(answer) how
    many rows it has; table(answer) the same as an Arrow table: keys first, then values.
    """
    job, path, threads, variant = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    report = {"result": {"Rows": 0}}
    began = time.perf_counter()
    if job != "start":
        try:
            got = answer(job, path, threads, variant)
            report["result"]["Rows"] = rows(got)
            report["result"]["Seconds"] = time.perf_counter() - began
            report["peak_bytes"] = peak_bytes()
            if len(sys.argv) > 5:
                import answers

                answers.write(job, table(got), sys.argv[5])
        except Cannot as why:
            report["result"]["Cannot"] = str(why)
    report.setdefault("peak_bytes", peak_bytes())
    print(json.dumps(report), flush=True)


KEYS = {
    "q1": ["id1"], "q2": ["id1", "id2"], "q3": ["id3"], "q4": ["id4"], "q5": ["id6"],
    "q6": ["id4", "id5"], "q7": ["id3"], "q8": ["id6"], "q9": ["id2", "id4"],
    "q10": ["id1", "id2", "id3", "id4", "id5", "id6"],
    "brc": ["station"], "tpch-q1": ["l_returnflag", "l_linestatus"],
    "wide-user": ["user"], "wide-url": ["url"], "wordcount": ["word"],
}  # fmt: skip

VALUES = {
    "q1": ["v1"], "q2": ["v1"], "q3": ["v1", "v3"], "q4": ["v1", "v2", "v3"], "q5": ["v1", "v2", "v3"],
    "q6": ["v3"], "q7": ["v1", "v2"], "q8": ["v3"], "q9": ["v1", "v2"], "q10": ["v3"],
    "brc": ["t"],
    "tpch-q1": ["l_quantity", "l_extendedprice", "l_discount", "l_tax", "l_shipdate"],
    "wide-user": ["bytes"], "wide-url": [],
}  # fmt: skip

COLUMNS = {job: KEYS[job] + VALUES[job] for job in VALUES}
