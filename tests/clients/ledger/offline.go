package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// proofReport is what a proof proves.
type proofReport struct {
	Origin   string `json:"origin"`
	Size     int64  `json:"size"`
	Root     string `json:"root"`
	Index    int64  `json:"index"`
	LeafHash string `json:"leafHash"`
}

// checkProofFile checks a file of c2sp.org/tlog-proof for an entry, which is in the file `leaf` or, for "-", in `stdin`.
func checkProofFile(file, leaf string, stdin io.Reader, verifier note.Verifier) (*proofReport, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	var data []byte
	if leaf == "-" {
		data, err = io.ReadAll(stdin)
	} else {
		data, err = os.ReadFile(leaf)
	}
	if err != nil {
		return nil, fmt.Errorf("leaf: %w", err)
	}
	return checkProof(text, data, verifier)
}

func checkProof(text, leaf []byte, verifier note.Verifier) (*proofReport, error) {
	var read proof.TLogProof
	if err := read.Unmarshal(text); err != nil {
		return nil, fmt.Errorf("proof: %w", err)
	}
	// The library reads more than the format allows, such as lines that end in CR LF.
	if !bytes.Equal(read.Marshal(), text) {
		return nil, errors.New("proof: not in the one form that the format allows")
	}
	if read.Index > math.MaxInt64 {
		return nil, fmt.Errorf("proof: index %d is out of range", read.Index)
	}
	under, err := openCheckpoint(read.Checkpoint, verifier)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	hashes := make([]tlog.Hash, len(read.Hashes))
	for i, hash := range read.Hashes {
		hashes[i] = hash
	}
	of := entry{int64(read.Index), leaf}
	if err := checkRecord(under, of, hashes); err != nil {
		return nil, fmt.Errorf("inclusion of entry %d: %w", of.index, err)
	}
	hash := tlog.RecordHash(leaf)
	return &proofReport{under.origin, under.N, under.Hash.String(), of.index, hash.String()}, nil
}
