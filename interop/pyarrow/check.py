"""Compares the tables of two Arrow IPC files, and checks the second in full."""
import sys

import pyarrow as pa
import pyarrow.ipc as ipc


def read(path):
    with open(path, "rb") as f:
        is_file = f.read(6) == b"ARROW1"
    source = pa.memory_map(path)
    return (ipc.open_file if is_file else ipc.open_stream)(source).read_all()


for pair in sys.argv[1:]:
    want, got = (read(p) for p in pair.split("="))
    got.validate(full=True)
    if not got.schema.equals(want.schema, check_metadata=True):
        sys.exit("%s: schema\n%s\nwant\n%s" % (pair, got.schema, want.schema))
    if got.to_pylist() != want.to_pylist():
        sys.exit("%s: the rows differ" % pair)
