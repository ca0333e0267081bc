// Check the signature of a webhook: go run webhook.go SECRET ID TIMESTAMP SIGNATURES NOW < body
// Needs nothing but Go 1.16 or later. isGenuine is the part to copy.
package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// Whether these bytes are ours and less than five minutes old (Standard Webhooks, v1).
func isGenuine(secret, id, sentAt, signatures string, body []byte, now int64) bool {
	sent, err := strconv.ParseInt(sentAt, 10, 64)
	if err != nil || now-sent > 300 || sent-now > 300 {
		return false
	}
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + sentAt + "."))
	mac.Write(body)
	wanted := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	genuine := false
	for _, given := range strings.Split(signatures, " ") {
		genuine = hmac.Equal([]byte(wanted), []byte(given)) || genuine
	}
	return genuine
}

func main() {
	body, err := io.ReadAll(os.Stdin)
	if err != nil {
		panic(err)
	}
	now, _ := strconv.ParseInt(os.Args[5], 10, 64)
	if isGenuine(os.Args[1], os.Args[2], os.Args[3], os.Args[4], body, now) {
		fmt.Println("genuine")
	} else {
		fmt.Println("refused")
	}
}
