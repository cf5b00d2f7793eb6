package main

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// logReport is what was checked of a log.
type logReport struct {
	Origin  string `json:"origin"`
	Size    int64  `json:"size"`
	Root    string `json:"root"`
	Entries int64  `json:"entries"`
	// Proofs counts proofs of inclusion, each checked by two libraries.
	Proofs int `json:"proofs"`
	// ConsistentFrom is the size of the kept checkpoint, null when there was none.
	ConsistentFrom *int64 `json:"consistentFrom"`
}

// tree is a log under a checkpoint: what it reads is proven to be under that checkpoint's root.
type tree struct {
	checkpoint
	source *source
	hashes tlog.HashReader
}

// checkLog checks all that a log serves, and that it continues what `keep` has, which may be empty.
func checkLog(address string, verifier note.Verifier, keep string) (*logReport, error) {
	log, err := newSource(address)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	signed, err := log.checkpoint()
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	current, err := openCheckpoint(signed, verifier)
	if err != nil {
		return nil, fmt.Errorf("checkpoint: %w", err)
	}
	kept, err := readKept(keep, verifier)
	if err != nil {
		return nil, fmt.Errorf("kept checkpoint: %w", err)
	}
	t := tree{checkpoint: current, source: log, hashes: tlog.TileHashReader(current.Tree, log)}
	if err := t.checkTiles(); err != nil {
		return nil, err
	}
	if kept != nil {
		if err := t.checkContinues(*kept); err != nil {
			return nil, fmt.Errorf("consistency: %w", err)
		}
	}
	samples, err := t.checkEntries()
	if err != nil {
		return nil, err
	}
	for _, sample := range samples {
		if err := t.checkInclusion(sample); err != nil {
			return nil, fmt.Errorf("inclusion of entry %d: %w", sample.index, err)
		}
	}
	if err := keepCheckpoint(keep, current); err != nil {
		return nil, fmt.Errorf("kept checkpoint: %w", err)
	}
	report := logReport{Origin: t.origin, Size: t.N, Root: t.Hash.String(), Entries: t.N, Proofs: len(samples)}
	if kept != nil {
		report.ConsistentFrom = &kept.N
	}
	return &report, nil
}

// entry is one of the log, with its number.
type entry struct {
	index int64
	data  []byte
}

// checkTiles holds the tiles of the right edge, from which the root follows, against the checkpoint.
func (t *tree) checkTiles() error {
	root, err := tlog.TreeHash(t.N, t.hashes)
	if err != nil {
		return t.blame(err)
	}
	if root != t.Hash {
		return fmt.Errorf("root: the tiles give %s, the checkpoint says %s", root, t.Hash)
	}
	return nil
}

// checkEntries holds every entry against its hash in the tiles, and the root against all entries. Gives those whose
// inclusion is to be proven.
func (t *tree) checkEntries() ([]entry, error) {
	sampled := sampledIndexes(t.N)
	samples := make([]entry, 0, len(sampled))
	whole := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for bundle := range layout.Range(0, uint64(t.N), uint64(t.N)) {
		path := layout.EntriesPath(bundle.Index, bundle.Partial)
		entries, err := t.source.entries(bundle.Index, int(bundle.N))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		first := int64(bundle.Index) * layout.EntryBundleWidth
		hashes, err := t.leafHashes(first, len(entries))
		if err != nil {
			return nil, err
		}
		for i, data := range entries {
			index := first + int64(i)
			if tlog.RecordHash(data) != hashes[i] {
				return nil, fmt.Errorf("%s: entry %d is not the one that the tree holds", path, index)
			}
			if err := whole.Append(rfc6962.DefaultHasher.HashLeaf(data), nil); err != nil {
				return nil, fmt.Errorf("%s: entry %d: %w", path, index, err)
			}
			if slices.Contains(sampled, index) {
				samples = append(samples, entry{index, data})
			}
		}
	}
	return samples, t.checkRoot(whole)
}

// checkRoot holds the checkpoint's root against all entries.
func (t *tree) checkRoot(whole *compact.Range) error {
	root := rfc6962.DefaultHasher.EmptyRoot()
	if t.N > 0 {
		var err error
		if root, err = whole.GetRootHash(nil); err != nil {
			return fmt.Errorf("root: %w", err)
		}
	}
	if !bytes.Equal(root, t.Hash[:]) {
		return fmt.Errorf("root: the entries give %s, the checkpoint says %s", tlog.Hash(root), t.Hash)
	}
	return nil
}

// leafHashes reads hashes of level 0 from the tiles, proven to be under the root.
func (t *tree) leafHashes(first int64, count int) ([]tlog.Hash, error) {
	indexes := make([]int64, count)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	hashes, err := t.hashes.ReadHashes(indexes)
	return hashes, t.blame(err)
}

// checkInclusion proves that an entry is under the root, and has two libraries check that.
func (t *tree) checkInclusion(sample entry) error {
	hashes, err := tlog.ProveRecord(t.N, sample.index, t.hashes)
	if err != nil {
		return t.blame(err)
	}
	return checkRecord(t.checkpoint, sample, hashes)
}

// checkRecord has two libraries check a proof of inclusion.
func checkRecord(under checkpoint, of entry, hashes []tlog.Hash) error {
	if err := tlog.CheckRecord(hashes, under.N, under.Hash, of.index, tlog.RecordHash(of.data)); err != nil {
		return err
	}
	leaf := rfc6962.DefaultHasher.HashLeaf(of.data)
	return proof.VerifyInclusion(
		rfc6962.DefaultHasher, uint64(of.index), uint64(under.N), leaf, slicesOf(hashes), under.Hash[:])
}

// blame adds to an error of the library what it does not name: which tiles it had just been given.
func (t *tree) blame(err error) error {
	if err == nil || len(t.source.suspect) == 0 {
		return err
	}
	return fmt.Errorf("%s: not under the checkpoint's root: %w", strings.Join(t.source.suspect, ", "), err)
}

// sampledIndexes are the entries whose inclusion is proven: the first and last, the middle, and where tiles meet.
func sampledIndexes(size int64) []int64 {
	const tile, tileOfTiles = layout.TileWidth, layout.TileWidth * layout.TileWidth
	wanted := []int64{
		0, 1, tile - 1, tile, tileOfTiles - 1, tileOfTiles, size / 3, size / 2, size/tile*tile - 1, size / tile * tile, size - 2, size - 1,
	}
	slices.Sort(wanted)
	return slices.DeleteFunc(slices.Compact(wanted), func(index int64) bool { return index < 0 || index >= size })
}

func slicesOf(hashes []tlog.Hash) [][]byte {
	all := make([][]byte, len(hashes))
	for i := range hashes {
		all[i] = hashes[i][:]
	}
	return all
}
