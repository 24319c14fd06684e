package original_test

import (
	"net/http"
	"testing"

	"github.com/coder/websocket"

	"dusangire/cmd/dusangire/dusangiretest"
	"dusangire/hospital"
)

// TestAPostmanRequestWorks asks as the guide's second tool does: a URL without a slash at its end or with one, no Origin, compression
// offered, and the session in a header that its user types in.
func TestAPostmanRequestWorks(t *testing.T) {
	t.Parallel()
	s, _ := dusangiretest.MustServeWard(t, 3, nil)
	token := s.SignIn(hospital.MedicalStaff).Token
	for name, header := range map[string]http.Header{
		"as a header": {"Authorization": {"Bearer " + token}}, "as a cookie": {"Cookie": {dusangiretest.SessionCookie(t, s.URL) + "=" + token}},
	} {
		for _, path := range []string{"/ws/ward/1/", "/ws/ward/1"} {
			conn, response, err := websocket.Dial(dusangiretest.Within(t), s.URL+path, &websocket.DialOptions{HTTPHeader: header, CompressionMode: websocket.CompressionContextTakeover})
			if err != nil {
				t.Fatalf("%s with the session %s: %v", path, name, err)
			}
			if agreed := response.Header.Get("Sec-WebSocket-Extensions"); agreed != "" {
				t.Errorf("%s agreed to %s", path, agreed)
			}
			monitored := dusangiretest.Socket{T: t, Conn: conn}
			monitored.NextWith(`"type":"ward_status","data":{"ward_id":1,`)
			if err := conn.Write(dusangiretest.Within(t), websocket.MessageText, []byte(`{"action": "get_status"}`)); err != nil {
				t.Fatal(err)
			}
			monitored.NextWith(`"type":"ward_status"`)
			_ = conn.CloseNow()
		}
	}
}
