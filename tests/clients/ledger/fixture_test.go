package main

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const origin = "ledger.example/consent/1"

// key signs a log's checkpoints.
type key struct {
	signer note.Signer
	vkey   string
}

func newKey(t *testing.T, name string) key {
	t.Helper()
	private, vkey, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key{signer, vkey}
}

func (k key) sign(t *testing.T, text []byte) []byte {
	t.Helper()
	signed, err := note.Sign(&note.Note{Text: string(text)}, k.signer)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

// history is all that a log ever held.
type history struct {
	entries [][]byte
	hashes  []tlog.Hash
}

// ReadHashes is that of a tlog.HashReader.
func (h *history) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		found[i] = h.hashes[index]
	}
	return found, nil
}

// newHistory has `size` entries as a Counterfoil ledger has them. `change` gives them other bytes from a number on.
func newHistory(t *testing.T, size int, change int) *history {
	t.Helper()
	h := &history{}
	for index := range size {
		text := fmt.Sprint("commitment ", index)
		if index >= change {
			text += " of another history"
		}
		commitment := tlog.RecordHash([]byte(text))
		data := fmt.Appendf(nil, `{"c":"%s","v":"1"}`, base64.RawURLEncoding.EncodeToString(commitment[:]))
		hashes, err := tlog.StoredHashes(int64(index), data, h)
		if err != nil {
			t.Fatal(err)
		}
		h.entries, h.hashes = append(h.entries, data), append(h.hashes, hashes...)
	}
	return h
}

// published is what a log serves at one size: bytes by path.
type published map[string][]byte

// publish lays out the first `size` entries.
func (h *history) publish(t *testing.T, size int, by key) published {
	t.Helper()
	files := published{}
	for _, tile := range tlog.NewTiles(layout.TileHeight, 0, int64(size)) {
		data, err := tlog.ReadTileData(tile, h)
		if err != nil {
			t.Fatal(err)
		}
		files[tilePath(tile)] = data
	}
	for index, data := range h.entries[:size] {
		path := layout.EntriesPathForLogIndex(uint64(index), uint64(size))
		files[path] = append(binary.BigEndian.AppendUint16(files[path], uint16(len(data))), data...)
	}
	root, err := tlog.TreeHash(int64(size), h)
	if err != nil {
		t.Fatal(err)
	}
	files["checkpoint"] = by.sign(t, log.Checkpoint{Origin: origin, Size: uint64(size), Hash: root[:]}.Marshal())
	return files
}

// but gives the same with one path's bytes changed.
func (p published) but(path string, change func([]byte) []byte) published {
	if p[path] == nil {
		panic("nothing is published at " + path)
	}
	changed := maps.Clone(p)
	changed[path] = change(bytes.Clone(p[path]))
	if changed[path] == nil {
		delete(changed, path)
	}
	return changed
}

// flip changes one bit of a byte; a negative position counts from the end.
func flip(position int) func([]byte) []byte {
	return func(data []byte) []byte {
		if position < 0 {
			position += len(data)
		}
		data[position] ^= 1
		return data
	}
}

func remove([]byte) []byte { return nil }

// serve answers on a loopback address until the test ends; gives the log's URL.
func serve(t *testing.T, files published) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path, found := strings.CutPrefix(r.URL.Path, "/ledger/consent/1/")
		data, there := files[path]
		if !found || !there {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType(path))
		if _, err := w.Write(data); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/ledger/consent/1"
}

func contentType(path string) string {
	if path == "checkpoint" {
		return "text/plain; charset=utf-8"
	}
	return "application/octet-stream"
}

// outcome is how the command ended.
type outcome struct {
	code           int
	stdout, stderr string
}

func command(stdin string, args ...string) outcome {
	var stdout, stderr bytes.Buffer
	code := run(args, strings.NewReader(stdin), &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// assertRefused fails unless the command ended with 1 and one line that has `fault` in it.
func (o outcome) assertRefused(t *testing.T, fault string) {
	t.Helper()
	if o.code != 1 || o.stdout != "" || strings.Count(o.stderr, "\n") != 1 || !strings.Contains(o.stderr, fault) {
		t.Errorf("ended with %d, %q, %q; wanted 1 and one line with %q", o.code, o.stdout, o.stderr, fault)
	}
}

func keptIn(t *testing.T) string {
	return filepath.Join(t.TempDir(), "checkpoint")
}
