// Opening, with nothing of the service's own, what it has sealed: AES-256-GCM, 12 bytes of nonce in front, 16 of tag behind.
import { createDecipheriv } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [NONCE, TAG] = [12, 16];

/** The plain bytes, or undefined where key, context and bytes do not go together. */
export function opened(key, context, sealed) {
  const [nonce, body, tag] = [sealed.subarray(0, NONCE), sealed.subarray(NONCE, -TAG), sealed.subarray(-TAG)];
  const cipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(context).setAuthTag(tag);
  try {
    return Buffer.concat([cipher.update(body), cipher.final()]);
  } catch {
    return undefined;
  }
}

/** Every key that a keystore has: {kind, owner, key}, unwrapped by a master key. Those that it does not open are left out. */
export async function keysOf(service, masterFile) {
  const master = Buffer.from(readFileSync(masterFile, 'utf8').trim(), 'hex');
  const hex = (column) => (service.settings.KEYS__URL ? `encode(${column}, 'hex')` : `lower(hex(${column}))`);
  const kinds = ['purchases', 'volunteered', 'evidence'];
  const columns = ['person', ...kinds].map((column) => `coalesce(${hex(column)}, '')`).join(` || ',' || `);
  const persons = await service.sql(`SELECT ${columns} FROM person_keys`, { keystore: true });
  const named = await service.sql(`SELECT name || ',' || ${hex('wrapped')} FROM named_keys`, { keystore: true });
  const wrapped = persons.flatMap((row) => {
    const [person, ...keys] = row.split(',');
    return keys.map((key, index) => ({ kind: kinds[index], owner: Buffer.from(person, 'hex'), wrapped: key }));
  });
  wrapped.push(...named.map((row) => {
    const [name, key] = row.split(',');
    return { kind: 'named', owner: Buffer.from(name), wrapped: key };
  }));
  return wrapped.filter(({ wrapped: key }) => key).flatMap(({ kind, owner, wrapped: key }) => {
    const context = Buffer.concat([Buffer.from(`key\0${kind}\0`), owner]);
    const plain = opened(master, context, Buffer.from(key, 'hex'));
    return plain ? [{ kind, owner: owner.toString('hex'), key: plain }] : [];
  });
}
