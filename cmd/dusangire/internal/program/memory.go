package program

import (
	"io/fs"
	"math"
	"os"
	"path"
	"runtime/debug"
	"strconv"
	"strings"
)

// mostHeadroom is what is left to everything that is not Go's memory, where a sixth of the limit
// would be more.
const mostHeadroom = 64 << 20

// limitMemory makes the garbage collector work harder before the container's memory ends, which it
// knows nothing about by itself: the process would be killed for what nobody needs any more, such
// as 19 MiB for each password that was checked. Whoever sets GOMEMLIMIT has decided that already.
func limitMemory() {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	if limit := containerMemory(os.DirFS("/")); limit < math.MaxInt64 {
		debug.SetMemoryLimit(limit - min(limit/6, mostHeadroom))
	}
}

// containerMemory is how many bytes the control groups of this process allow it, in version 2 or 1;
// the largest number where they set no limit. A group's limit holds for all that are under it.
func containerMemory(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit // no Linux, or none with control groups
	}
	for line := range strings.Lines(string(groups)) {
		parts := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(parts) != 3 {
			continue
		}
		folder, file := "sys/fs/cgroup", "memory.max"
		if parts[1] != "" {
			folder, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		}
		if parts[1] == "" || strings.Contains(","+parts[1]+",", ",memory,") {
			limit = min(limit, limitOfGroups(root, folder, parts[2], file))
		}
	}
	return limit
}

// limitOfGroups is the lowest limit of a group and of those above it. In a container its own group
// is at the top, whatever the path says.
func limitOfGroups(root fs.FS, folder, group, file string) int64 {
	limit := int64(math.MaxInt64)
	for group = path.Join("/", group); ; group = path.Dir(group) {
		if written, err := fs.ReadFile(root, path.Join(folder, group, file)); err == nil {
			bytes, err := strconv.ParseInt(strings.TrimSpace(string(written)), 10, 64)
			if err == nil && bytes > 0 && bytes < noLimit {
				limit = min(limit, bytes)
			}
		}
		if group == "/" {
			return limit
		}
	}
}

// noLimit is less than what version 1 writes where there is no limit, and more than any machine
// has.
const noLimit = 1 << 60
