package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
)

// A log that Tessera writes, served from its folder: nothing of what is checked here comes out of our fixture.
func TestALogOfTessera(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Second)
	defer cancel()
	by, kept, folder := newKey(t, origin), keptIn(t), t.TempDir()
	driver, err := posix.New(ctx, posix.Config{Path: folder})
	if err != nil {
		t.Fatal(err)
	}
	appender, shutdown, reader, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().
		WithCheckpointSigner(by.signer).
		WithCheckpointInterval(100*time.Millisecond).
		WithBatching(4096, 50*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	awaiter := tessera.NewPublicationAwaiter(ctx, reader.ReadCheckpoint, 20*time.Millisecond)
	files := http.FileServer(http.Dir(folder))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", contentType(strings.TrimPrefix(r.URL.Path, "/")))
		files.ServeHTTP(w, r)
	}))
	defer server.Close()

	var from *int64
	size := 0
	for _, next := range sizes {
		var last tessera.IndexFuture
		for ; size < next; size++ {
			last = appender.Add(ctx, tessera.NewEntry(fmt.Appendf(nil, "entry %d", size)))
		}
		if last != nil {
			if _, _, err := awaiter.Await(ctx, last); err != nil {
				t.Fatal(err)
			}
		}
		assertChecked(t, command("", "log", "--url", server.URL, "--vkey", by.vkey, "--keep", kept), size, from)
		from = new(int64)
		*from = int64(size)
	}
	if err := shutdown(ctx); err != nil {
		t.Fatal(err)
	}
}
