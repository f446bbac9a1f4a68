"""DuckDB: SQL over the file, types as its sniffer finds them.

Its performance guide has insertion order given up where it does not matter, and more
threads than CPUs where reading waits: that is the variant.
"""

import task

import duckdb
import pyarrow  # the answer is of its kind: else it is imported in the midst of it

import standard

WORDS = """
    select word, count(*) from (
        select unnest(string_split(translate(lower(line), chr(9) || chr(11) || chr(12) || chr(13), '    '), ' ')) as word
        from read_csv('{path}', columns={{'line': 'varchar'}}, delim='', quote='', escape='', header=false, auto_detect=false))
    where word <> '' group by word"""

QUESTIONS = standard.GROUPS | {"q8": "select id6, max(v3, 2) from {t} group by id6"}


def table_of(path):
    text, delimiter, names = task.csv_of(path)
    if not text:
        return f"read_parquet('{path}')"
    if names:
        return f"read_csv('{path}', delim='{delimiter}', header=false, names={names})"
    return f"read_csv('{path}')"


def answer(job, path, threads, variant):
    db = duckdb.connect(config={"threads": 2 * threads if variant == "2x-threads" else threads, "preserve_insertion_order": False})
    query = WORDS.format(path=path) if job == "wordcount" else QUESTIONS[job].format(t=table_of(path))
    return db.sql(query).to_arrow_table()


if __name__ == "__main__":
    task.run(answer, lambda got: got.num_rows, lambda got: got)
