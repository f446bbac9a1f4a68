// Package file holds what every file format needs and no format owns: which
// files a path names ([Paths]), opening one whatever its compression ([Open]),
// cutting big ones into byte ranges ([Paths.Splits]), and output that appears
// whole or not at all ([Create], [CreateFolder]).
//
// # What a path names
//
//	path            a file, or a folder: every regular file below it
//	dir/**/*.txt    files that match: * and ? within a name, ** across folders,
//	                [a-z], {a,b}; \ takes the meaning from the next character
//	-               standard input
//
// The rules:
//
//  1. A path that exists is that file or folder, whatever brackets or stars its
//     name has.
//  2. Files come in the order of the paths given, those of one path sorted by
//     the bytes of their names. The order is the same in every run.
//  3. One path names a file once. Two paths that name the same file read it
//     twice, as with cat, grep and the lists of files of SQL engines.
//  4. Names that begin with a dot are names like others, as for find. Only the
//     temporary files of [Create] and folders of [CreateFolder] are never
//     matched: what is half-written is no input.
//  5. A folder that matches a pattern is not a file and is left out.
//  6. A symbolic link is followed where a path names it, and where the last
//     element of a pattern matches it and it leads to a regular file. A search
//     never goes through a link to a folder, so that it cannot run in circles,
//     and a folder's files do not include links, as with grep -r.
//  7. A pipe or a device is read as a stream where a path names it, and left out
//     of a search.
//  8. A path that names nothing is an error, and so is a folder that may not be
//     read: no input is left out in silence.
//
// # Systems
//
// Paths are written with / on every system; in a pattern \ is no separator on
// Windows either. What differs elsewhere than on Linux, macOS and the BSDs:
//
//   - Temporary files and folders are not locked. Those of a process that was
//     killed are left, and the next one takes another number; nothing is lost.
//   - Where the system is no Unix, the folder is not synced after a rename, so
//     that a power cut soon after Commit may bring back the old file; an empty
//     folder is replaced in two steps; a read that waits for a pipe's writer ends
//     only when the writer does; and pipes are not read ahead of.
package file
