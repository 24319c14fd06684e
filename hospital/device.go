package hospital

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A device on which somebody has signed in is known again by what RememberDevice left there: a
// random name of its own, and for each account a signature of it that is good until the account's
// password changes. It opens nothing. It only says that an attempt to sign in comes from where the
// right password was known before, so that nobody's failures elsewhere slow it.
//
//	NAME.USER-SIGNATURE.USER-SIGNATURE…    the account that signed in last stands first
const (
	accountsOfDevice = 64 // a ward's computer has dozens of users; a cookie has 2 KiB with these
	signatureLength  = 16
)

// device is the name of the device that holds devices, where it is known to the user; else "".
func (h *Hospital) device(devices string, user User, hash passwordHash) string {
	name, accounts := splitDevices(devices)
	if user.ID != 0 && slices.ContainsFunc(accounts, func(held string) bool {
		return hmac.Equal([]byte(held), []byte(h.account(name, user.ID, hash)))
	}) {
		return name
	}
	return ""
}

// splitDevices cuts what a device holds; a device that holds nothing, or nothing that could be
// ours, has no name.
func splitDevices(devices string) (name string, accounts []string) {
	parts := strings.Split(devices, ".")
	if len(parts) > 1+accountsOfDevice || len(parts[0]) != len(rand.Text()) {
		return "", nil
	}
	return parts[0], parts[1:]
}

// account is what a device holds for a user: who it is, and the signature.
func (h *Hospital) account(device string, userID int64, hash passwordHash) string {
	mac := hmac.New(sha256.New, []byte(h.deviceKey))
	fmt.Fprintf(mac, "%s %d %s", device, userID, hash)
	signature := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:signatureLength])
	return accountPrefix(userID) + signature
}

func accountPrefix(userID int64) string { return strconv.FormatInt(userID, 36) + "-" }

// RememberDevice returns what the device of somebody who has just signed in is to keep, and to show
// as Client.Devices: what it held before, with this account first.
func (h *Hospital) RememberDevice(ctx context.Context, user User, devices string) (string, error) {
	name, accounts := splitDevices(devices)
	if name == "" {
		name = rand.Text()
	}
	accounts = slices.DeleteFunc(accounts, func(held string) bool {
		return strings.HasPrefix(held, accountPrefix(user.ID))
	})
	err := h.read(ctx, func(ctx context.Context, q *sql.Tx) error {
		_, hash, err := userByName(ctx, q, user.Username)
		accounts = slices.Insert(accounts, 0, h.account(name, user.ID, hash))
		return err
	})
	if err != nil {
		return "", err
	}
	accounts = accounts[:min(len(accounts), accountsOfDevice)]
	return strings.Join(slices.Insert(accounts, 0, name), "."), nil
}
