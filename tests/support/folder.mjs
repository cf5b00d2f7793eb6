// Folders that last as long as a test. COUNTERFOIL_TEST_KEEP=1 leaves them, to look at.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = [];
process.once('exit', () => {
  if (process.env.COUNTERFOIL_TEST_KEEP) return console.error(`kept: ${folders.join(' ')}`);
  // A program that was killed a moment ago may still hold a file.
  folders.forEach((folder) => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
});

/** A new, empty folder. */
export function temporaryFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `counterfoil-${name}-`));
  folders.push(folder);
  return folder;
}
