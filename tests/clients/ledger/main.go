// Command checker checks a Counterfoil ledger, and proofs out of it, with public libraries alone: Go's
// golang.org/x/mod/sumdb, and transparency-dev's formats, merkle and tessera. It shares no code with Counterfoil.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

const usage = `checker log --url URL --vkey VKEY [--keep FILE]
checker proof --vkey VKEY FILE.tlog-proof [--leaf FILE]

log    checks everything that a log serves at URL. With --keep, that it only grew since the checkpoint in FILE,
       which is then replaced; a FILE that is not there is made.
proof  checks an entry's proof. The entry's bytes are in the file --leaf, or come in on standard input.

Exit code: 0 and one line of JSON; 1 and one line that names the fault; 2 when the command is not one of these.
`

// errUsage says that the command line cannot be carried out as it stands.
var errUsage = errors.New("not a command")

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run carries out a command and gives the exit code.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	report, err := perform(args, stdin)
	if err == nil {
		err = json.NewEncoder(stdout).Encode(report)
	}
	switch {
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "%v\n\n%s", err, usage)
		return 2
	case err != nil:
		fmt.Fprintln(stderr, strings.Join(strings.Fields(err.Error()), " "))
		return 1
	}
	return 0
}

func perform(args []string, stdin io.Reader) (any, error) {
	if len(args) == 0 {
		return nil, errUsage
	}
	switch command, args := args[0], args[1:]; command {
	case "log":
		return performLog(args)
	case "proof":
		return performProof(args, stdin)
	default:
		return nil, fmt.Errorf("%w: %q", errUsage, command)
	}
}

func performLog(args []string) (any, error) {
	flags := flag.NewFlagSet("log", flag.ContinueOnError)
	vkey := flags.String("vkey", "", "")
	address := flags.String("url", "", "")
	keep := flags.String("keep", "", "")
	rest, err := parse(flags, args)
	if err != nil {
		return nil, err
	}
	if len(rest) > 0 || *address == "" || *vkey == "" {
		return nil, fmt.Errorf("%w: log needs --url and --vkey and takes no file", errUsage)
	}
	verifier, err := verifierOf(*vkey)
	if err != nil {
		return nil, err
	}
	return checkLog(*address, verifier, *keep)
}

func performProof(args []string, stdin io.Reader) (any, error) {
	flags := flag.NewFlagSet("proof", flag.ContinueOnError)
	vkey := flags.String("vkey", "", "")
	leaf := flags.String("leaf", "-", "")
	files, err := parse(flags, args)
	if err != nil {
		return nil, err
	}
	if len(files) != 1 || *vkey == "" {
		return nil, fmt.Errorf("%w: proof needs --vkey and one file", errUsage)
	}
	verifier, err := verifierOf(*vkey)
	if err != nil {
		return nil, err
	}
	return checkProofFile(files[0], *leaf, stdin, verifier)
}

// parse reads flags wherever they stand, and gives what is none.
func parse(flags *flag.FlagSet, args []string) ([]string, error) {
	flags.SetOutput(io.Discard)
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", errUsage, flags.Name(), err)
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

func verifierOf(vkey string) (note.Verifier, error) {
	verifier, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return nil, fmt.Errorf("vkey: %w", err)
	}
	return verifier, nil
}
