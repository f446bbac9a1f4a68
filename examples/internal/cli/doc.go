// Package cli is what the command-line programs of this module have in common:
// flags, progress and results, exit status, signals.
//
// # Exit status
//
//	0    done; also when whoever read the output went away (a broken pipe)
//	1    failed
//	2    used wrongly
//	130  interrupted (Ctrl-C, SIGINT); 143: SIGTERM. 128 and the number of the
//	     signal, as a shell has it. A second signal ends the program at once.
//
// Standard output is for results alone; everything else goes to standard error.
package cli
