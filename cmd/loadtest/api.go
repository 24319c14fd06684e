package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// api asks a server, as one of its users where there is a token.
type api struct{ address, token string }

// httpClient keeps a connection for each writer.
var httpClient = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1 << 10}}

// do asks as a program does, and decodes the answer where that is wanted.
func (a api) do(ctx context.Context, method, path string, fields map[string]any, into any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	url := "http://" + a.address + path
	request, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, answer)
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}
