package observe_test

import (
	"os"
	"time"

	"github.com/arrowmill/arrowmill/dataflow"
	"github.com/arrowmill/arrowmill/dataflow/observe"
)

func ExampleWriteReport() {
	observe.WriteReport(os.Stdout, dataflow.Report{
		Progress: dataflow.Progress{
			Elapsed: 60 * time.Millisecond, Workers: 2, BytesDone: 2202010, BytesTotal: 2202010, LimitBytes: 2 << 30,
			Stages: []dataflow.StageProgress{
				{Name: "text", Kind: dataflow.KindSource, Batches: 34, RowsOut: 34, Bytes: 2202010, Busy: 18 * time.Millisecond},
				{Name: "words", Kind: dataflow.KindMap, Batches: 34, RowsIn: 34, RowsOut: 381215, Busy: 80 * time.Millisecond},
				{Name: "count", Kind: dataflow.KindTreeReduce, Batches: 94, RowsIn: 381215, RowsOut: 40001, Busy: 20 * time.Millisecond},
				{Name: "out", Kind: dataflow.KindSink, Batches: 1, RowsIn: 20, Busy: 40 * time.Microsecond},
			},
		},
		Serial: 5 * time.Millisecond, PeakHeldBytes: 9961472,
	})
	// Output:
	// stage  kind         batches  rows in  rows out    bytes   busy
	// text   source            34        -        34  2.1 MiB  18 ms
	// words  map               34       34   381,215        -  80 ms
	// count  tree-reduce       94  381,215    40,001        -  20 ms
	// out    sink               1       20         -        -  40 µs
	//
	// 2.1 MiB in 60 ms, 35.0 MiB/s; 2 workers, 98% busy, at most one for 8% of the time; at most 9.5 MiB of 2.0 GiB held
}
