package cli

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
	"runtime/trace"
)

// profile begins the profiles that the settings ask for. ended ends them and closes
// their files.
func (s *Settings) profile() (ended func() error, err error) {
	var ends []func() error
	ended = func() error {
		var errs []error
		for _, end := range ends {
			errs = append(errs, end())
		}
		return errors.Join(errs...)
	}
	begin := func(flag, path string, start func(*os.File) error, stop func()) error {
		if path == "" {
			return nil
		}
		f, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("--%s: %w", flag, err)
		}
		if err := start(f); err != nil {
			return errors.Join(fmt.Errorf("--%s: %w", flag, err), f.Close())
		}
		ends = append(ends, func() error {
			stop()
			return f.Close()
		})
		return nil
	}
	err = begin("cpuprofile", s.cpuProfile, func(f *os.File) error { return pprof.StartCPUProfile(f) }, pprof.StopCPUProfile)
	if err == nil {
		err = begin("trace", s.trace, func(f *os.File) error { return trace.Start(f) }, trace.Stop)
	}
	if err != nil {
		return nil, errors.Join(err, ended())
	}
	return ended, nil
}
