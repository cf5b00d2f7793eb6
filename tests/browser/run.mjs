// Starts the service, lets an app ask, and sends the browser on its journey.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App } from '../support/client.mjs';
import { generated } from '../support/sample.mjs';
import { Service } from '../support/service.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const orders = await generated({ customers: 3, orders: 60 });
const service = await Service.init();
await service.ingestFile(orders.file);
await service.serve();
const app = await App.register(service, { name: 'My <b>records</b>' });
const asked = async () => (await app.ask()).url.href;
const journey = spawn(process.execPath, [join(here, 'journey.mjs')], {
  stdio: 'inherit',
  env: {
    ...process.env, BASE_URL: service.url, CUSTOMER_ID: [...orders.customers.keys()][0],
    AUTHORIZE_URL: await asked(), REFUSE_URL: await asked(), CANCEL_URL: await asked(),
    SCREENSHOTS: process.env.SCREENSHOTS ?? join(here, '../.cache/screenshots'),
  },
});
const [code] = await once(journey, 'exit');
await service.stop();
process.exitCode = code ?? 1;
