package main

import (
	"context"
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
)

// sizes are those around the width of a tile, and one whose tiles have three levels.
var sizes = []int{0, 1, 255, 256, 257, 700, 70000}

const (
	never = 1 << 30
	// An entry with its length before it.
	entryBytes = 2 + len(`{"c":"","v":"1"}`) + 43
)

func assertChecked(t *testing.T, o outcome, size int, from *int64) {
	t.Helper()
	var report logReport
	if err := json.Unmarshal([]byte(o.stdout), &report); err != nil || o.code != 0 || o.stderr != "" {
		t.Fatalf("size %d: ended with %d, %q, %q", size, o.code, o.stdout, o.stderr)
	}
	proofs := len(sampledIndexes(int64(size)))
	if report.Origin != origin || report.Size != int64(size) || report.Entries != int64(size) || report.Proofs != proofs {
		t.Errorf("size %d: %s", size, o.stdout)
	}
	if (report.ConsistentFrom == nil) != (from == nil) || (from != nil && *report.ConsistentFrom != *from) {
		t.Errorf("size %d: consistent from another size: %s", size, o.stdout)
	}
}

func TestALogThatGrows(t *testing.T) {
	by, h, kept := newKey(t, origin), newHistory(t, sizes[len(sizes)-1], never), keptIn(t)
	var from *int64
	for _, size := range sizes {
		address := serve(t, h.publish(t, size, by))
		assertChecked(t, command("", "log", "--url", address, "--vkey", by.vkey, "--keep", kept), size, from)
		from = new(int64)
		*from = int64(size)
		assertChecked(t, command("", "log", "--keep", kept, "--vkey", by.vkey, "--url", address+"/"), size, from)
		assertFsck(t, address, by.vkey)
	}
}

// assertFsck has Tessera's fsck look at the fixture: what the tests here rest on is itself a good log.
func assertFsck(t *testing.T, address, vkey string) {
	t.Helper()
	base, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	fetcher, err := client.NewHTTPFetcher(base, nil)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	hasher := func(data []byte) ([][]byte, error) {
		var bundle api.EntryBundle
		err := bundle.UnmarshalText(data)
		hashes := make([][]byte, len(bundle.Entries))
		for i, entry := range bundle.Entries {
			hashes[i] = rfc6962.DefaultHasher.HashLeaf(entry)
		}
		return hashes, err
	}
	if err := fsck.New(verifier.Name(), verifier, fetcher, hasher, fsck.Opts{}).Check(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTamperings(t *testing.T) {
	by, stranger := newKey(t, origin), newKey(t, origin)
	h := newHistory(t, 70000, never)
	of := map[int]published{}
	for _, size := range sizes {
		of[size] = h.publish(t, size, by)
	}
	resigned := func(change func(*log.Checkpoint)) func([]byte) []byte {
		return func(signed []byte) []byte {
			var said log.Checkpoint
			if _, err := said.Unmarshal(signed); err != nil {
				t.Fatal(err)
			}
			change(&said)
			return by.sign(t, said.Marshal())
		}
	}
	// A byte of the base64 of the root, which is the third line.
	inRoot := len(origin) + len("\n700\n") + 7
	cases := map[string]struct {
		files published
		fault string
	}{
		"a bit of an entry":         {of[700].but("tile/entries/001", flip(5*entryBytes+20)), "tile/entries/001: entry 261 is not the one"},
		"a bit of the last entry":   {of[700].but("tile/entries/002.p/188", flip(-1)), "tile/entries/002.p/188: entry 699 is not the one"},
		"a bit of the only entry":   {of[1].but("tile/entries/000.p/1", flip(20)), "tile/entries/000.p/1: entry 0 is not the one"},
		"a bit of an entry's size":  {of[700].but("tile/entries/000", flip(1)), "tile/entries/000: "},
		"an entry too many":         {of[257].but("tile/entries/001.p/1", func(b []byte) []byte { return append(b, b...) }), "tile/entries/001.p/1: 2 entries, not 1"},
		"a bundle cut short":        {of[257].but("tile/entries/000", func(b []byte) []byte { return b[:len(b)-entryBytes] }), "tile/entries/000: 255 entries, not 256"},
		"bundles exchanged":         {of[700].but("tile/entries/000", func([]byte) []byte { return of[700]["tile/entries/001"] }), "tile/entries/000: entry 0 is not the one"},
		"a bundle that is absent":   {of[700].but("tile/entries/001", remove), "tile/entries/001: HTTP 404"},
		"a bit of a full tile":      {of[70000].but("tile/0/100", flip(4000)), "tile/0/100: not under the checkpoint's root"},
		"a bit of a partial tile":   {of[70000].but("tile/0/273.p/112", flip(0)), "tile/2/000.p/1, tile/1/001.p/17, tile/0/273.p/112: not under the checkpoint's root"},
		"a bit of a higher tile":    {of[70000].but("tile/1/000", flip(77)), "tile/1/000, tile/0/000: not under the checkpoint's root"},
		"a bit of the highest tile": {of[70000].but("tile/2/000.p/1", flip(31)), "tile/2/000.p/1, tile/1/001.p/17, tile/0/273.p/112: not under"},
		"a tile cut short":          {of[256].but("tile/0/000", func(b []byte) []byte { return b[:8160] }), "tile/0/000: 8160 bytes, not 8192"},
		"a tile too long":           {of[700].but("tile/1/000.p/2", func(b []byte) []byte { return append(b, b...) }), "tile/1/000.p/2: 128 bytes, not 64"},
		"a tile that is absent":     {of[256].but("tile/1/000.p/1", remove), "tile/1/000.p/1: HTTP 404"},
		"a bit of the root":         {of[700].but("checkpoint", flip(inRoot)), "checkpoint: signature: "},
		"a signed wrong root":       {of[700].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Hash[0] ^= 1 })), "not under the checkpoint's root"},
		"a wrong root of nothing":   {of[0].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Hash[0] ^= 1 })), "root: the tiles give 47DEQ"},
		"a signed smaller size":     {of[257].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Size-- })), "tile/1/000.p/1: not under the checkpoint's root"},
		"a signed larger size":      {of[257].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Size++ })), "tile/0/001.p/2: HTTP 404"},
		"a short root":              {of[700].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Hash = c.Hash[1:] })), "checkpoint: root has 31 bytes"},
		"another origin":            {of[700].but("checkpoint", resigned(func(c *log.Checkpoint) { c.Origin = "ledger.example/access/1" })), `checkpoint: origin is "ledger.example/access/1"`},
		"a bit of the signature":    {of[700].but("checkpoint", flip(-20)), "checkpoint: signature: "},
		"another key's signature":   {h.publish(t, 700, stranger), "checkpoint: signature: "},
		"a checkpoint not signed":   {of[700].but("checkpoint", func(b []byte) []byte { return b[:strings.Index(string(b), "\n\n")+1] }), "checkpoint: signature: "},
		"no checkpoint":             {of[700].but("checkpoint", remove), "checkpoint: HTTP 404"},
	}
	for name, each := range cases {
		t.Run(name, func(t *testing.T) {
			address := serve(t, each.files)
			command("", "log", "--url", address, "--vkey", by.vkey).assertRefused(t, each.fault)
		})
	}
}

func TestASizeWithLeadingZeros(t *testing.T) {
	by, h := newKey(t, origin), newHistory(t, 1, never)
	loose := func(signed []byte) []byte {
		text, _, _ := strings.Cut(string(signed), "\n\n")
		return by.sign(t, []byte(strings.Replace(text, "\n1\n", "\n01\n", 1)+"\n"))
	}
	address := serve(t, h.publish(t, 1, by).but("checkpoint", loose))
	command("", "log", "--url", address, "--vkey", by.vkey).assertRefused(t, "not in the one form")
}

func TestWhatWasKept(t *testing.T) {
	by, h := newKey(t, origin), newHistory(t, 1000, never)
	keep := func(t *testing.T, size int) string {
		file := keptIn(t)
		if err := os.WriteFile(file, h.publish(t, size, by)["checkpoint"], 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for name, each := range map[string]struct {
		kept  int
		files published
		fault string
	}{
		"the log is shorter":          {700, h.publish(t, 699, by), "consistency: the log is shorter than it was: 699 entries"},
		"the log is empty":            {700, h.publish(t, 0, by), "consistency: the log is shorter than it was: 0 entries"},
		"another history, same size":  {700, newHistory(t, 700, 0).publish(t, 700, by), "consistency: another history: of 700 entries"},
		"another history, last entry": {700, newHistory(t, 700, 699).publish(t, 700, by), "consistency: another history: of 700 entries"},
		"another history, grown":      {700, newHistory(t, 1000, 699).publish(t, 1000, by), "consistency: another history: 700 entries"},
		"another history, from one":   {1, newHistory(t, 700, 0).publish(t, 700, by), "consistency: another history: 1 entries"},
	} {
		t.Run(name, func(t *testing.T) {
			file := keep(t, each.kept)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			command("", "log", "--url", serve(t, each.files), "--vkey", by.vkey, "--keep", file).assertRefused(t, each.fault)
			if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
				t.Errorf("the kept checkpoint is %q (%v)", after, err)
			}
		})
	}
	t.Run("the kept checkpoint is damaged", func(t *testing.T) {
		file := keep(t, 700)
		if err := os.WriteFile(file, flip(-20)(h.publish(t, 700, by)["checkpoint"]), 0o600); err != nil {
			t.Fatal(err)
		}
		command("", "log", "--url", serve(t, h.publish(t, 1000, by)), "--vkey", by.vkey, "--keep", file).
			assertRefused(t, "kept checkpoint: signature: ")
	})
}

func TestPartialTilesMayGiveWayToFullOnes(t *testing.T) {
	by, h := newKey(t, origin), newHistory(t, 1024, never)
	files := h.publish(t, 1024, by)
	files["checkpoint"] = h.publish(t, 700, by)["checkpoint"]
	// Of level 1 the full tile is far away, so that the partial one is there still.
	files["tile/1/000.p/2"] = h.publish(t, 700, by)["tile/1/000.p/2"]
	assertChecked(t, command("", "log", "--url", serve(t, files), "--vkey", by.vkey), 700, nil)
	changed := files.but("tile/entries/002", flip(3*entryBytes+20))
	command("", "log", "--url", serve(t, changed), "--vkey", by.vkey).assertRefused(t, "entry 515 is not the one")
}

func TestContentTypes(t *testing.T) {
	for _, each := range []struct {
		said, wanted string
		same         bool
	}{
		{"text/plain; charset=utf-8", "text/plain; charset=utf-8", true},
		{"text/plain;charset=UTF-8", "text/plain; charset=utf-8", true},
		{"text/plain", "text/plain; charset=utf-8", false},
		{"text/html; charset=utf-8", "text/plain; charset=utf-8", false},
		{"application/octet-stream", "application/octet-stream", true},
		{"", "application/octet-stream", false},
	} {
		if sameKind(each.said, each.wanted) != each.same {
			t.Errorf("%q for %q", each.said, each.wanted)
		}
	}
}

func TestSampledIndexes(t *testing.T) {
	for _, size := range append([]int{2, 3}, sizes...) {
		indexes := sampledIndexes(int64(size))
		if size == 0 && len(indexes) == 0 {
			continue
		}
		if indexes[0] != 0 || indexes[len(indexes)-1] != int64(size)-1 {
			t.Errorf("of %d entries: %v", size, indexes)
		}
	}
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{}, {"seal"}, {"log"}, {"log", "--url", "http://127.0.0.1:1"}, {"log", "--url", "http://127.0.0.1:1", "--vkey", "v", "file"},
		{"log", "--utl", "x"}, {"proof", "--vkey", "v"}, {"proof", "file"}, {"proof", "--vkey", "v", "one", "two"},
	} {
		if o := command("", args...); o.code != 2 || !strings.HasPrefix(o.stderr, "not a command") {
			t.Errorf("%v ended with %d, %q", args, o.code, o.stderr)
		}
	}
	by := newKey(t, origin)
	command("", "log", "--url", "http://127.0.0.1:1", "--vkey", by.vkey).assertRefused(t, "checkpoint: ")
	command("", "log", "--url", "http://127.0.0.1:1", "--vkey", by.vkey[1:]).assertRefused(t, "vkey: ")
}
