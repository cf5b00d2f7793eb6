// Runs a command with TEST_DATABASE_URL pointing at a PostgreSQL cluster of its own.
//   node with-postgres.mjs cargo test --workspace
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Postgres } from './postgres.mjs';

const [command, ...args] = process.argv.slice(2);
const postgres = await Postgres.start();
const url = await postgres.createDatabase('counterfoil_test');
const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, TEST_DATABASE_URL: url } });
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill('SIGKILL'));
const [code] = await once(child, 'exit');
await postgres.stop();
process.exitCode = code ?? 1;
