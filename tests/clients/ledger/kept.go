package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// readKept reads the checkpoint of an earlier run; nil when there was none.
func readKept(file string, verifier note.Verifier) (*checkpoint, error) {
	if file == "" {
		return nil, nil
	}
	signed, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	kept, err := openCheckpoint(signed, verifier)
	return &kept, err
}

// keepCheckpoint replaces the kept checkpoint, whole or not at all.
func keepCheckpoint(file string, current checkpoint) error {
	if file == "" {
		return nil
	}
	next, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	if _, err := next.Write(current.signed); err != nil {
		return errors.Join(err, next.Close())
	}
	if err := next.Close(); err != nil {
		return err
	}
	return os.Rename(next.Name(), file)
}

// checkContinues proves that the log only grew since an earlier checkpoint, and has two libraries check that.
func (t *tree) checkContinues(earlier checkpoint) error {
	switch {
	case t.N < earlier.N:
		return fmt.Errorf("the log is shorter than it was: %d entries, the kept checkpoint has %d", t.N, earlier.N)
	case t.N == earlier.N && t.Hash != earlier.Hash:
		return fmt.Errorf("another history: of %d entries the root is %s, the kept checkpoint has %s", t.N, t.Hash, earlier.Hash)
	}
	var hashes tlog.TreeProof
	// Nothing is what everything continues; the first library does not take that for a question.
	if earlier.N > 0 {
		var err error
		if hashes, err = tlog.ProveTree(t.N, earlier.N, t.hashes); err != nil {
			return t.blame(err)
		}
		if err := tlog.CheckTree(hashes, t.N, t.Hash, earlier.N, earlier.Hash); err != nil {
			return fmt.Errorf("another history: %d entries are not those of the kept checkpoint: %w", earlier.N, err)
		}
	}
	return proof.VerifyConsistency(
		rfc6962.DefaultHasher, uint64(earlier.N), uint64(t.N), slicesOf(hashes), earlier.Hash[:], t.Hash[:])
}
