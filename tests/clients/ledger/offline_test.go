package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The log of the worked vectors: its key is for tests alone.
const vectorKey = "ledger.retailer.example/consent/1+2e100a41+Aa1j5B/2uPp2aNN6TRtd7bO87MCAnosmOeqakVcbLTUE"

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestAProof(t *testing.T) {
	leaf := read(t, "entry-1.leaf")
	piped := command(leaf, "proof", "--vkey", vectorKey, "testdata/entry-1.tlog-proof")
	named := command("", "proof", "--vkey", vectorKey, "testdata/entry-1.tlog-proof", "--leaf", "testdata/entry-1.leaf")
	const want = `{"origin":"ledger.retailer.example/consent/1","size":5,"root":"mJWxyXBzt+hBZLKhdQicskhRNoMr7fMF0EO3d516IyY=",` +
		`"index":1,"leafHash":"0ZJ+Lczwed2bGaF2bzhPZJ4HjAkYwK9fHsSzShC5PwM="}` + "\n"
	for _, o := range []outcome{piped, named} {
		if o.code != 0 || o.stdout != want {
			t.Errorf("ended with %d, %q, %q", o.code, o.stdout, o.stderr)
		}
	}
}

func TestProofsThatProveNothing(t *testing.T) {
	whole, leaf := read(t, "entry-1.tlog-proof"), read(t, "entry-1.leaf")
	replace := func(old, new string) string {
		if !strings.Contains(whole, old) {
			t.Fatalf("%q is not in the proof", old)
		}
		return strings.Replace(whole, old, new, 1)
	}
	const lastHash = "xAm6MPx+WNpLdA8UG+h+XPKFVRoBLqU8ivWxNb6g2DE=\n"
	for name, each := range map[string]struct{ text, leaf, vkey, fault string }{
		"another leaf":         {whole, leaf + "\n", vectorKey, "inclusion of entry 1"},
		"no leaf":              {whole, "", vectorKey, "inclusion of entry 1"},
		"another key":          {whole, leaf, newKey(t, "ledger.retailer.example/consent/1").vkey, "checkpoint: signature"},
		"another log's key":    {whole, leaf, newKey(t, "ledger.retailer.example/access/1").vkey, "checkpoint: signature"},
		"another index":        {replace("index 1", "index 3"), leaf, vectorKey, "inclusion of entry 3"},
		"an index beyond":      {replace("index 1", "index 5"), leaf, vectorKey, "inclusion of entry 5"},
		"a huge index":         {replace("index 1", "index 18446744073709551615"), leaf, vectorKey, "proof: index"},
		"no index":             {replace("index 1\n", ""), leaf, vectorKey, "proof: "},
		"an index with a zero": {replace("index 1", "index 01"), leaf, vectorKey, "proof: not in the one form"},
		"another hash":         {replace("xAm6", "xAm7"), leaf, vectorKey, "inclusion of entry 1"},
		"a hash too few":       {replace(lastHash, ""), leaf, vectorKey, "inclusion of entry 1"},
		"a hash too many":      {replace(lastHash, lastHash+lastHash), leaf, vectorKey, "inclusion of entry 1"},
		"another root":         {replace("mJWx", "mJWy"), leaf, vectorKey, "checkpoint: signature"},
		"another size":         {replace("\n5\n", "\n6\n"), leaf, vectorKey, "checkpoint: signature"},
		"no checkpoint":        {whole[:strings.Index(whole, "\n\n")+2], leaf, vectorKey, "checkpoint: signature"},
		"another header":       {replace("@v1", "@v2"), leaf, vectorKey, "proof: "},
		"CR LF":                {strings.ReplaceAll(whole, "\n", "\r\n"), leaf, vectorKey, "proof: not in the one form"},
		"nothing":              {"", leaf, vectorKey, "proof: "},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "entry.tlog-proof")
			if err := os.WriteFile(file, []byte(each.text), 0o600); err != nil {
				t.Fatal(err)
			}
			command(each.leaf, "proof", "--vkey", each.vkey, file).assertRefused(t, each.fault)
		})
	}
	command(leaf, "proof", "--vkey", vectorKey, "testdata/nothing").assertRefused(t, "proof: open")
}
