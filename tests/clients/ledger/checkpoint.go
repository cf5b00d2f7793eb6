package main

import (
	"bytes"
	"fmt"
	"math"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// checkpoint is what a log signed: how many entries it has and the root over them.
type checkpoint struct {
	tlog.Tree
	origin string
	// signed is the note as it was served.
	signed []byte
}

// openCheckpoint checks the signature with the log's key, whose name is the log's origin, and reads what is signed.
func openCheckpoint(signed []byte, verifier note.Verifier) (checkpoint, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return checkpoint{}, fmt.Errorf("signature: %w", err)
	}
	var said log.Checkpoint
	if _, err := said.Unmarshal([]byte(opened.Text)); err != nil {
		return checkpoint{}, err
	}
	// The library reads more than the format allows, such as a size with leading zeros.
	if !bytes.HasPrefix([]byte(opened.Text), said.Marshal()) {
		return checkpoint{}, fmt.Errorf("not in the one form that the format allows: %q", opened.Text)
	}
	if said.Origin != verifier.Name() {
		return checkpoint{}, fmt.Errorf("origin is %q, the key is of %q", said.Origin, verifier.Name())
	}
	if len(said.Hash) != tlog.HashSize {
		return checkpoint{}, fmt.Errorf("root has %d bytes", len(said.Hash))
	}
	if said.Size > math.MaxInt64 {
		return checkpoint{}, fmt.Errorf("size %d is out of range", said.Size)
	}
	tree := tlog.Tree{N: int64(said.Size), Hash: tlog.Hash(said.Hash)}
	return checkpoint{Tree: tree, origin: said.Origin, signed: signed}, nil
}
