package program

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestTheContainersMemoryIsReadFromItsControlGroups(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no Linux":               {nil, math.MaxInt64},
		"version 2, a container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "100663296\n"}, 96 << 20},
		"version 2, no limit":    {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, math.MaxInt64},
		"version 2, a service of which a slice above has less": {map[string]string{"proc/self/cgroup": "0::/system.slice/board.service\n",
			"sys/fs/cgroup/system.slice/board.service/memory.max": "268435456\n", "sys/fs/cgroup/system.slice/memory.max": "134217728\n"}, 128 << 20},
		"version 1": {map[string]string{"proc/self/cgroup": "9:name=systemd:/\n4:memory:/docker/0247\n3:cpu,cpuacct:/\n0::/\n",
			"sys/fs/cgroup/memory/docker/0247/memory.limit_in_bytes": "67108864\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes":             "9223372036854771712\n"}, 64 << 20},
		"version 1, seen from inside": {map[string]string{"proc/self/cgroup": "4:memory:/docker/0247\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "67108864\n"}, 64 << 20},
		"version 1, no limit": {map[string]string{"proc/self/cgroup": "4:memory:/\n",
			"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, math.MaxInt64},
		"nonsense": {map[string]string{"proc/self/cgroup": "nonsense\n4:memory\n0::/../..\n", "sys/fs/cgroup/memory.max": "lots\n"}, math.MaxInt64},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for path, text := range c.files {
				files[path] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := containerMemory(files); got != c.want {
				t.Errorf("got %d bytes, want %d", got, c.want)
			}
		})
	}
}
