// Looking for secrets in files.
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from './folder.mjs';
import { run } from './process.mjs';

/** Files below these places in which any of the secrets stands. */
export async function filesWith(secrets, ...places) {
  const list = join(temporaryFolder('secrets'), 'list');
  await writeFile(list, [...secrets].join('\n'));
  const { code, stdout, stderr } = await run('grep', ['-rlaFf', list, ...places], { env: { LC_ALL: 'C', PATH: process.env.PATH } });
  // 1: nothing found; a file of PostgreSQL may vanish while it is searched.
  const serious = stderr.split('\n').filter((line) => line && !line.includes('No such file'));
  if (code > 1 && serious.length) throw new Error(serious.join('\n'));
  return stdout.split('\n').filter(Boolean);
}

/** Files below a folder in which these bytes stand. */
export function filesWithBytes(bytes, folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath ?? entry.path, entry.name)).filter((file) => readFileSync(file).includes(bytes));
}
