package file

import "golang.org/x/sys/unix"

// isMounted reports whether the folder at path is where a file system was
// mounted, so that it cannot be replaced. Kernels before 5.8 cannot tell.
func isMounted(path string) bool {
	var s unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, 0, 0, &s)
	return err == nil && s.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0
}
