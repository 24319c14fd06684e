package original_test

import (
	"os/exec"
	"strings"
	"testing"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// pythonClient is the Python client of the original system's guide, to the letter but for the host. It must go on working.
const pythonClient = `import asyncio
import websockets
import json

async def test_ward_websocket():
    uri = "ws://localhost:8000/ws/ward/1/"
    async with websockets.connect(uri) as websocket:
        # Receive initial status
        message = await websocket.recv()
        print(f"Received: {message}")
        
        # Send request for status
        await websocket.send(json.dumps({'action': 'get_status'}))
        message = await websocket.recv()
        print(f"Status: {message}")

asyncio.run(test_ward_websocket())
`

// withCookie goes before it: what a client needs besides is the session's cookie. The name of the argument depends on the release.
const withCookie = `import functools, sys
import websockets

cookie = {"Cookie": sys.stdin.read()}
headers = "additional_headers" if int(websockets.__version__.split(".")[0]) >= 14 else "extra_headers"
websockets.connect = functools.partial(websockets.connect, **{headers: cookie})
`

// python is an interpreter that has the package websockets: the one in the PATH or the system's own.
func python(t *testing.T) string {
	t.Helper()
	for _, interpreter := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), interpreter, "-c", "import websockets").Run() == nil {
			return interpreter
		}
	}
	t.Fatal("there is no python3 with the package websockets: `make deps` installs it on Debian and Ubuntu (package python3-websockets)")
	return ""
}

func TestThePythonClientOfTheOriginalGuideWorks(t *testing.T) {
	t.Parallel()
	interpreter := python(t)
	s, board := dusangiretest.MustServeWard(t, 3, nil)
	if board.ID != 1 {
		t.Fatalf("the guide's ward is 1, this is %d", board.ID)
	}
	dusangiretest.Admit(t, s, "Uwase Marie", board.Beds[0])
	nurse := s.SignIn(hospital.MedicalStaff)
	script := withCookie + strings.Replace(pythonClient, "ws://localhost:8000", "ws"+strings.TrimPrefix(s.URL, "http"), 1)
	command := exec.CommandContext(dusangiretest.Within(t), interpreter, "-c", script)
	command.Stdin = strings.NewReader(dusangiretest.SessionCookie(t, s.URL) + "=" + nurse.Token)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("the client failed: %v\n%s", err, output)
	}
	lines := strings.Split(strings.TrimSpace(string(output)), "\n")
	if len(lines) != 2 {
		t.Fatalf("want a line for each message:\n%s", output)
	}
	for i, prefix := range []string{"Received: ", "Status: "} {
		if !strings.HasPrefix(lines[i], prefix+`{"type":"ward_status","data":{"ward_id":1,`) || !strings.Contains(lines[i], "Uwase Marie") {
			t.Errorf("want %s and the ward's status: %s", prefix, lines[i])
		}
	}
}
