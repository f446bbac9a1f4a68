// Package measure runs tasks in fresh processes of the same program, one at a
// time, and says what they took.
//
//	parent                         child: the same binary, a task in its environment
//	Process ── exec ─────────────► Task, the work, Finish
//	   wall: exec to exit             └─ result, peak memory ─► standard output
//	   CPU:  user + system, of the kernel's account
//
// Wall time is that of the whole process, its start included. The parent holds
// little memory and does nothing meanwhile.
package measure
