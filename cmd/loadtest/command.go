package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// commands is the client that gives commands: it keeps a connection for each lane.
var commands = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1 << 10}}

// post gives a command as a program does, and reads what it answers into a value where one is given.
func post(ctx context.Context, address, token, path string, fields map[string]any, into any) error {
	body, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	return ask(request, token, into)
}

func ask(request *http.Request, token string, into any) error {
	request.Header.Set("Accept", "application/json")
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := commands.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s: %s", request.Method, request.URL.Path, response.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

func signIn(ctx context.Context, address, name, password string) (token string, err error) {
	var session struct{ Token string }
	err = post(ctx, address, "", "/login", map[string]any{"username": name, "password": password}, &session)
	return session.Token, err
}
