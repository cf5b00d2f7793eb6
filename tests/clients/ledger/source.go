package main

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	patience = 20 * time.Second
	// The longest a checkpoint is read, in bytes.
	longestCheckpoint = 1 << 16
	// Entries have a length of two bytes before them.
	longestBundle = layout.EntryBundleWidth * (2 + 1<<16)
	tileBytes     = layout.TileWidth * tlog.HashSize
)

// errAbsent is the answer 404.
var errAbsent = errors.New("HTTP 404")

// source is a log behind HTTP, laid out as c2sp.org/tlog-tiles has it. It is a tlog.TileReader.
type source struct {
	base   *url.URL
	client *http.Client
	// Tiles that the checkpoint vouches for.
	confirmed map[tlog.Tile][]byte
	// What was read last and is not confirmed.
	suspect []string
}

func newSource(address string) (*source, error) {
	base, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	return &source{base: base, client: &http.Client{Timeout: patience}, confirmed: map[tlog.Tile][]byte{}}, nil
}

// checkpoint reads the signed note.
func (s *source) checkpoint() ([]byte, error) {
	return s.get(layout.CheckpointPath, "text/plain; charset=utf-8", longestCheckpoint)
}

// entries reads the entries of a bundle, `width` of them: 1 to 256.
func (s *source) entries(index uint64, width int) ([][]byte, error) {
	data, partial, err := s.partialOrFull(width, longestBundle, func(partial uint8) string {
		return layout.EntriesPath(index, partial)
	})
	if err != nil {
		return nil, err
	}
	var bundle api.EntryBundle
	if err := bundle.UnmarshalText(data); err != nil {
		return nil, err
	}
	if want := fullOr(partial); len(bundle.Entries) != want {
		return nil, fmt.Errorf("%d entries, not %d", len(bundle.Entries), want)
	}
	return bundle.Entries[:width], nil
}

// Height is that of the tiles: 256 hashes.
func (s *source) Height() int { return layout.TileHeight }

// ReadTiles reads those that are not yet confirmed.
func (s *source) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	s.suspect = nil
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		known, ok := s.confirmed[tile]
		if !ok {
			var err error
			if known, err = s.tile(tile); err != nil {
				return nil, fmt.Errorf("%s: %w", tilePath(tile), err)
			}
			s.suspect = append(s.suspect, tilePath(tile))
		}
		all[i] = known
	}
	return all, nil
}

// SaveTiles keeps tiles that have been confirmed.
func (s *source) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for i, tile := range tiles {
		s.confirmed[tile] = data[i]
	}
}

func (s *source) tile(tile tlog.Tile) ([]byte, error) {
	data, partial, err := s.partialOrFull(tile.W, tileBytes, func(partial uint8) string {
		return layout.TilePath(uint64(tile.L), uint64(tile.N), partial)
	})
	if err != nil {
		return nil, err
	}
	if want := fullOr(partial) * tlog.HashSize; len(data) != want {
		return nil, fmt.Errorf("%d bytes, not %d", len(data), want)
	}
	return data[:tile.W*tlog.HashSize], nil
}

// partialOrFull reads a tile or bundle of a width. A log may drop a partial one when the full one is there. Gives also
// which it was, as it stands in paths.
func (s *source) partialOrFull(width, limit int, path func(uint8) string) ([]byte, uint8, error) {
	partial := partialOf(width)
	data, err := s.get(path(partial), "application/octet-stream", limit)
	if errors.Is(err, errAbsent) && partial != 0 {
		if full, err := s.get(path(0), "application/octet-stream", limit); !errors.Is(err, errAbsent) {
			return full, 0, err
		}
	}
	return data, partial, err
}

func (s *source) get(path, kind string, limit int) ([]byte, error) {
	response, err := s.client.Get(s.base.JoinPath(path).String())
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return nil, errAbsent
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("HTTP %d", response.StatusCode)
	}
	if said := response.Header.Get("Content-Type"); !sameKind(said, kind) {
		return nil, fmt.Errorf("its Content-Type is %q, not %q", said, kind)
	}
	data, err := io.ReadAll(io.LimitReader(response.Body, int64(limit)+1))
	if err == nil && len(data) > limit {
		err = fmt.Errorf("longer than %d bytes", limit)
	}
	return data, err
}

func sameKind(said, wanted string) bool {
	saidType, saidParameters, err := mime.ParseMediaType(said)
	if err != nil {
		return false
	}
	wantedType, wantedParameters, err := mime.ParseMediaType(wanted)
	return err == nil && saidType == wantedType && strings.EqualFold(saidParameters["charset"], wantedParameters["charset"])
}

func tilePath(tile tlog.Tile) string {
	return layout.TilePath(uint64(tile.L), uint64(tile.N), partialOf(tile.W))
}

// partialOf is a width as tlog-tiles writes it: 0 is a full tile.
func partialOf(width int) uint8 { return uint8(width % layout.TileWidth) }

// fullOr is the width behind it.
func fullOr(partial uint8) int {
	if partial == 0 {
		return layout.TileWidth
	}
	return int(partial)
}
