// Those who check the ledger find what is wrong, and say what. On a log of a few lines, made here.
import assert from 'node:assert/strict';
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { temporaryFolder } from './folder.mjs';
import { buildCheckers, checkLog, checkProof, fsck, readEntries } from './notary.mjs';

const ORIGIN = 'ledger.example/access/1';
const hash = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (entry) => hash(Buffer.of(0), entry);

/** The root over hashes (RFC 6962, section 2.1). */
function rootOf(hashes) {
  if (hashes.length < 2) return hashes[0] ?? hash();
  let left = 1;
  while (left * 2 < hashes.length) left *= 2;
  return hash(Buffer.of(1), rootOf(hashes.slice(0, left)), rootOf(hashes.slice(left)));
}

/** A log's key: {vkey, note}; `note` signs a text. */
function newKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const named = Buffer.concat([Buffer.of(1), Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url')]);
  const id = hash(Buffer.from(`${ORIGIN}\n`), named).subarray(0, 4);
  const note = (text) =>
    `${text}\n— ${ORIGIN} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n`;
  return { vkey: `${ORIGIN}+${id.toString('hex')}+${named.toString('base64')}`, note };
}

/** What a log of less than 256² entries serves: bytes by path. */
function lay(entries, { note }) {
  const files = new Map();
  const put = (kind, index, items, bytes) =>
    files.set(`tile/${kind}/${String(index).padStart(3, '0')}${items.length < 256 ? `.p/${items.length}` : ''}`, bytes);
  const full = [];
  for (let index = 0; index * 256 < entries.length; index += 1) {
    const items = entries.slice(index * 256, index * 256 + 256);
    const hashes = items.map(leafHash);
    put('entries', index, items, Buffer.concat(items.flatMap((entry) => [Buffer.of(entry.length >> 8, entry.length & 255), entry])));
    put(0, index, items, Buffer.concat(hashes));
    if (items.length === 256) full.push(rootOf(hashes));
  }
  if (full.length) put(1, 0, full, Buffer.concat(full));
  const root = rootOf(entries.map(leafHash)).toString('base64');
  return files.set('checkpoint', Buffer.from(note(`${ORIGIN}\n${entries.length}\n${root}\n`)));
}

const entriesOf = (size) => Array.from({ length: size }, (_, index) => Buffer.from(`entry ${index}`));

describe('those who check the ledger', { timeout: 900_000 }, () => {
  const key = newKey();
  const { vkey } = key;
  let server;
  let url;
  let files;
  before(async () => {
    await buildCheckers();
    server = createServer((request, response) => {
      const path = request.url.slice(1);
      const kind = path === 'checkpoint' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
      response.writeHead(files.has(path) ? 200 : 404, { 'content-type': kind }).end(files.get(path));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  it('find nothing wrong with a log that is whole and grows', async () => {
    const keep = join(temporaryFolder('keep'), 'checkpoint');
    let from = null;
    for (const size of [0, 5, 256, 1500]) {
      files = lay(entriesOf(size), key);
      const { proofs, root, ...said } = await checkLog({ url, vkey, keep });
      assert.deepEqual(said, { origin: ORIGIN, size, entries: size, consistentFrom: from });
      assert.equal(root, rootOf(entriesOf(size).map(leafHash)).toString('base64'));
      assert.ok(proofs >= Math.min(size, 5), `${proofs} proofs`);
      const { ok, output } = await fsck({ url, vkey });
      assert.ok(ok, output);
      assert.deepEqual(await readEntries({ url, size }), entriesOf(size));
      from = size;
    }
    files = lay(entriesOf(1499), key);
    await assert.rejects(checkLog({ url, vkey, keep }), /^Error: consistency: the log is shorter than it was: 1499 entries/);
  });
  it('find a changed entry', async () => {
    for (const size of [5, 1500]) {
      files = lay(entriesOf(size), key);
      const changed = files.get(size === 5 ? 'tile/entries/000.p/5' : 'tile/entries/000');
      changed[2] ^= 1;
      await assert.rejects(checkLog({ url, vkey }), /^Error: tile\/entries\/000\S*: entry 0 is not the one that the tree holds$/);
      const { ok, output } = await fsck({ url, vkey, ms: 5_000 });
      assert.ok(!ok, output);
      assert.match(output, size === 5 ? /fsck failed/ : /not done within 5 s/);
    }
  });
  it('find another key', async () => {
    files = lay(entriesOf(5), newKey());
    await assert.rejects(checkLog({ url, vkey }), /^Error: checkpoint: signature: /);
    const { ok, output } = await fsck({ url, vkey });
    assert.ok(!ok, output);
    assert.match(output, /fsck failed/);
  });
  it('check a proof, and refuse it for another entry', async () => {
    const [leaf, other] = entriesOf(2);
    const checkpoint = lay([leaf, other], key).get('checkpoint');
    const proof = `c2sp.org/tlog-proof@v1\nindex 0\n${leafHash(other).toString('base64')}\n\n${checkpoint}`;
    const said = await checkProof({ vkey, proof, leaf });
    assert.deepEqual([said.index, said.size, said.leafHash], [0, 2, leafHash(leaf).toString('base64')]);
    await assert.rejects(checkProof({ vkey, proof, leaf: other }), /^Error: inclusion of entry 0: /);
  });
});
