package measure

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
)

// Machine is where and of what something is measured. What cannot be told is empty.
type Machine struct {
	Commit      string // "-dirty" at its end where files were changed since
	Go, System  string // "go1.26.0", "linux/amd64"
	CPU         string
	CPUs        int
	Features    []string // of the CPU, those that decide which loops run; Linux alone
	MemoryBytes int64
	Load        float64 // how many processes wanted a CPU in the last minute; Linux alone
}

// Here is this machine, and the commit of this program.
func Here(ctx context.Context) Machine {
	m := Machine{Commit: commit(ctx), Go: runtime.Version(), System: runtime.GOOS + "/" + runtime.GOARCH,
		CPU: field("/proc/cpuinfo", "model name"), CPUs: runtime.NumCPU(), MemoryBytes: memoryBytes()}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		_, _ = fmt.Sscan(string(text), &m.Load) // it stays 0
	}
	for flag := range strings.FieldsSeq(field("/proc/cpuinfo", "flags")) {
		if strings.HasPrefix(flag, "avx") || strings.HasPrefix(flag, "bmi") || flag == "pclmulqdq" {
			m.Features = append(m.Features, flag)
		}
	}
	return m
}

// commit is the commit that the program was built of; where the binary does not say
// (go run leaves it out) that of the working directory; empty where git does not
// know either.
func commit(ctx context.Context) string {
	if info, ok := debug.ReadBuildInfo(); ok {
		settings := map[string]string{}
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
		if revision := settings["vcs.revision"]; revision != "" {
			if settings["vcs.modified"] == "true" {
				revision += "-dirty"
			}
			return revision
		}
	}
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty", "--abbrev=40").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// memoryBytes is that of the machine where Linux tells.
func memoryBytes() int64 {
	var kib int64
	if _, err := fmt.Sscanf(field("/proc/meminfo", "MemTotal"), "%d kB", &kib); err != nil {
		return 0
	}
	return kib << 10
}

// field is what a file has behind a name and a colon.
func field(path, name string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, _ := strings.Cut(lines.Text(), ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
