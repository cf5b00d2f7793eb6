// The ledger in the hands of software that is not ours: `clients/ledger` (Go's tlog, transparency-dev's merkle) and
// Tessera's fsck.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from './folder.mjs';
import { Running, run, succeed } from './process.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const SOURCE = join(here, '../clients/ledger');
const BIN = join(here, '../.cache/bin');
const BUNDLE = 256;
let built;

/** Builds both programs, once; gives their paths, {checker, fsck}. */
export function buildCheckers() {
  built ??= build();
  return built;
}

async function build() {
  await requireGo();
  mkdirSync(BIN, { recursive: true });
  const paths = { checker: join(BIN, 'ledger-checker'), fsck: join(BIN, 'ledger-fsck') };
  // Versions and their hashes are those of go.sum, or the build fails.
  const make = (path, what) => succeed('go', ['build', '-mod=readonly', '-buildvcs=false', '-trimpath', '-o', path, what], { cwd: SOURCE, ms: 600_000 });
  await make(paths.checker, '.');
  await make(paths.fsck, 'github.com/transparency-dev/tessera/cmd/fsck');
  return paths;
}

async function requireGo() {
  const [, needed] = /^go (\d+\.\d+)/m.exec(readFileSync(join(SOURCE, 'go.mod'), 'utf8'));
  const { code, stdout, stderr } = await run('go', ['version'], { cwd: SOURCE }).catch((error) => ({ stderr: error.message }));
  const [, major, minor] = /go version go(\d+)\.(\d+)/.exec(stdout) ?? [];
  const [wantedMajor, wantedMinor] = needed.split('.').map(Number);
  if (code === 0 && (Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(minor) >= wantedMinor))) return;
  throw new Error(`Go ${needed} or newer is needed to check the ledger, on the PATH; Debian 12's package golang-go is too old. `
    + `Take it from https://go.dev/dl, or a newer Debian's package. Found: ${(stdout || stderr).trim()}`);
}

/**
 * Checks all that a log serves, and with `keep`, a file, that it only grew since the last time. Gives {origin, size,
 * root, entries, proofs, consistentFrom}; a fault is an error that names it.
 */
export async function checkLog({ url, vkey, keep }) {
  return check(['log', '--url', url, '--vkey', vkey, ...(keep ? ['--keep', keep] : [])]);
}

/** Checks a c2sp.org/tlog-proof, a text, for the bytes of an entry; gives {origin, size, root, index, leafHash}. */
export async function checkProof({ vkey, proof, leaf }) {
  const file = join(temporaryFolder('proof'), 'entry.tlog-proof');
  writeFileSync(file, proof);
  return check(['proof', '--vkey', vkey, file], leaf);
}

async function check(args, input) {
  const { checker } = await buildCheckers();
  const { code, stdout, stderr } = await run(checker, args, { input, ms: 300_000 });
  if (code !== 0) throw new Error(stderr.trim());
  return JSON.parse(stdout);
}

/**
 * Has Tessera's fsck read a log; gives {ok, output}. It ends with 0 also when it has found a fault, and on some faults
 * it waits for ever: only what it says counts, and after `ms` it is ended.
 */
export async function fsck({ url, vkey, ms = 60_000 }) {
  const { fsck: program } = await buildCheckers();
  const folder = temporaryFolder('fsck');
  const key = join(folder, 'vkey');
  writeFileSync(key, vkey.trim());
  const running = new Running(program, ['-ui=false', `-storage_url=${url}`, `-public_key=${key}`], { log: join(folder, 'fsck.log') });
  const timer = setTimeout(() => running.signal('SIGKILL'), ms);
  const how = await running.ended();
  clearTimeout(timer);
  const { output } = running;
  const ok = how === 0 && /Successfully fsck'd log with size \d+ /.test(output) && !output.includes('fsck failed');
  return { ok, output: how === 'SIGKILL' ? `${output}not done within ${ms / 1000} s` : output };
}

/** The first `size` entries of a log as it serves them, each as bytes. */
export async function readEntries({ url, size }) {
  const entries = [];
  for (let index = 0; index * BUNDLE < size; index += 1) {
    const width = Math.min(BUNDLE, size - index * BUNDLE);
    if (index > 999) throw new Error('more bundles than are read here');
    const path = `${String(index).padStart(3, '0')}${width < BUNDLE ? `.p/${width}` : ''}`;
    const response = await fetch(`${url}/tile/entries/${path}`);
    if (!response.ok) throw new Error(`${path} of ${url}: ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    for (let at = 0; at < bytes.length;) {
      const end = at + 2 + bytes.readUInt16BE(at);
      entries.push(bytes.subarray(at + 2, end));
      at = end;
    }
  }
  return entries;
}
