// Package observe shows how a run goes on: consumers of the events and counts
// that a run reports through dataflow.Hooks.
//
//	executor.Run(ctx, g, executor.Options{Hooks: observe.Join(
//		observe.Bar(os.Stderr),
//		observe.Stats(os.Stderr),
//	)})
//
// A consumer asks for the counts when it wants to show them; nothing is counted
// for its sake. What it starts has ended when its Finished returns. Hooks serve
// one run at a time.
package observe
