// The two logs as `counterfoil ledger entries` opens them.
import assert from 'node:assert/strict';

/** {access, consent}: entries by number. */
export async function readLedger(service) {
  const entries = await service.lines(['ledger', 'entries'], { ms: 300_000 });
  const of = (name) => entries.filter(({ log }) => log === name).sort((a, b) => a.seq - b.seq);
  return { access: of('access'), consent: of('consent') };
}

/** Neither log has a hole or a double. */
export function assertContiguous({ access, consent }) {
  for (const [name, entries] of Object.entries({ access, consent })) {
    entries.forEach(({ seq }, index) => assert.equal(seq, index, `the ${name} log has a hole or a double at ${index}`));
  }
}

/** Each request that was let out under a grant: x-request-id → number of its entry. */
export function disclosuresOf({ access }, grantId) {
  const disclosures = access.filter(({ header, payload }) => header?.type === 'disclosure.app' && payload.grant === grantId);
  return new Map(disclosures.flatMap(({ seq, payload }) => payload.responses.map(({ requestId }) => [requestId, seq])));
}
