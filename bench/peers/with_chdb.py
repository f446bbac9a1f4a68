"""ClickHouse in process: SQL over file(), types as it infers them, the answer as Arrow."""

import task

import chdb
import pandas  # with the first answer chdb imports it: here, outside of the job
import pyarrow

import standard

WORDS = """
    select arrayJoin(splitByWhitespace(lowerUTF8(line))) as word, count(*) from file('{path}', LineAsString, 'line String')
    group by word"""

QUESTIONS = standard.GROUPS | {
    "q6": "select id4, id5, quantileExactInclusive(0.5)(v3), stddevSamp(v3) from {t} group by id4, id5",
    "q8": "select id6, arrayMap(x -> -x, groupArraySorted(2)(-v3)) from {t} group by id6",
}


def answer(job, path, threads, variant):
    text, delimiter, names = task.csv_of(path)
    if job == "wordcount":
        query = WORDS.format(path=path)
    else:
        form = "Parquet" if not text else "CSV" if names else "CSVWithNames"
        query = QUESTIONS[job].format(t=f"file('{path}', {form})")
        if names:
            query = query.replace("station", "c1").replace("(t)", "(c2)")
    settings = f" settings max_threads={threads}"
    if text:
        settings += f", format_csv_delimiter='{delimiter}'"
    return chdb.query(query + settings, "ArrowTable")


if __name__ == "__main__":
    task.run(answer, lambda got: got.num_rows, lambda got: got)
