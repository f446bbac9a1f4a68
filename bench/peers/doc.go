// Package peers are the programs that arrowmill is raced against: DuckDB, Polars,
// DataFusion, ClickHouse (chdb), PyArrow, pandas, Dask, and pandas in Python's own
// multiprocessing. Each is a Python program of this folder, with_NAME.py, that answers
// every job as the library's documentation teaches for speed; task.py says how they
// are called. [Install] puts the libraries, of the versions of requirements.txt, into
// a folder of their own.
package peers
