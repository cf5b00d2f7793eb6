// Appends of 61 bytes to a Tessera log on a file system, at its defaults: the baseline of the ledger's seals.
// Prints one JSON line: callers, appends a second, p50 and p99 in milliseconds.
//
//	tessera-bench FOLDER SECONDS CALLERS
//
// An append counts once Tessera says that it is durable and has its index.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"
)

// Length of a leaf of ours: JCS of a commitment and a version.
const leafBytes = 61

func main() {
	if len(os.Args) != 4 {
		log.Fatal("tessera-bench FOLDER SECONDS CALLERS")
	}
	seconds, err := strconv.Atoi(os.Args[2])
	check(err)
	callers, err := strconv.Atoi(os.Args[3])
	check(err)
	ctx := context.Background()
	private, _, err := note.GenerateKey(rand.Reader, "bench.example/log")
	check(err)
	signer, err := note.NewSigner(private)
	check(err)
	driver, err := posix.New(ctx, posix.Config{Path: os.Args[1]})
	check(err)
	appender, shutdown, _, err := tessera.NewAppender(ctx, driver, tessera.NewAppendOptions().WithCheckpointSigner(signer))
	check(err)

	taken := make([][]time.Duration, callers)
	until := time.Now().Add(time.Duration(seconds) * time.Second)
	var callersDone sync.WaitGroup
	for caller := range callers {
		callersDone.Go(func() {
			leaf := make([]byte, leafBytes)
			for time.Now().Before(until) {
				_, _ = rand.Read(leaf)
				begun := time.Now()
				_, err := appender.Add(ctx, tessera.NewEntry(slices.Clone(leaf)))()
				check(err)
				taken[caller] = append(taken[caller], time.Since(begun))
			}
		})
	}
	callersDone.Wait()
	check(shutdown(ctx))

	all := slices.Concat(taken...)
	slices.Sort(all)
	ms := func(share int) float64 {
		return float64(all[(len(all)-1)*share/100].Microseconds()) / 1000
	}
	line, err := json.Marshal(map[string]any{
		"what": "tessera", "callers": callers, "perSecond": float64(len(all)) / float64(seconds), "p50Ms": ms(50), "p99Ms": ms(99),
	})
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
