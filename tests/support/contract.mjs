// openapi/counterfoil.yaml, held against every answer that a test sees.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { parse } from 'yaml';

const file = join(dirname(fileURLToPath(import.meta.url)), '../../openapi/counterfoil.yaml');
export const contract = parse(readFileSync(file, 'utf8'));

const NAME = 'counterfoil.yaml';
// The document holds more than schemas: words that JSON Schema does not know are no mistake in it.
const ajv = new Ajv({ strict: false, allErrors: true, validateSchema: false });
addFormats(ajv);
ajv.addSchema(contract, NAME);

const escape = (name) => name.replaceAll('~', '~0').replaceAll('/', '~1');
const encode = (pointer) => pointer.split('/').map(encodeURIComponent).join('/');
const schemas = new Map();

function schemaAt(pointer) {
  if (!schemas.has(pointer)) schemas.set(pointer, ajv.compile({ $ref: `${NAME}#${encode(pointer)}` }));
  return schemas.get(pointer);
}

function read(pointer) {
  const names = pointer.split('/').slice(1).map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  return names.reduce((node, name) => node[name], contract);
}

/** The pointer itself, or where its `$ref` leads. */
function follow(pointer) {
  const { $ref } = read(pointer);
  return $ref ? $ref.slice(1) : pointer;
}

// A tile's own path has slashes, which a parameter of OpenAPI cannot say.
const paths = Object.keys(contract.paths).map((template) => ({
  template,
  pattern: new RegExp(`^${template.replaceAll('.', '\\.').replaceAll('{tile}', '.+').replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
}));

/** All operations: {path, method, operation}. */
export const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item).filter(([method]) => /^(get|put|post|delete|patch)$/.test(method))
    .map(([method, operation]) => ({ path, method, operation })));

export const isSecured = (operation) => (operation.security ?? contract.security ?? []).length > 0;

/** How many answers have been held against the contract, by operation and status. */
export const seen = new Map();

/** Fails when an answer is not what the contract says. Gives the answer, unread. */
export async function check(method, url, response) {
  const { pathname } = new URL(url);
  const path = paths.find(({ pattern }) => pattern.test(pathname));
  const name = `${method.toUpperCase()} ${path?.template ?? pathname} ${response.status}`;
  const fail = (why) => { throw new Error(`contract: ${name}: ${why}`); };
  if (!path) fail('the contract has no such path');
  const operation = `/paths/${escape(path.template)}/${method.toLowerCase()}`;
  if (!read(operation)) fail('the contract has no such method');
  if (!read(`${operation}/responses`)[response.status]) {
    fail(`the contract has no such status (${await response.clone().text()})`);
  }
  const answer = follow(`${operation}/responses/${response.status}`);
  checkHeaders(answer, response, fail);
  const { content } = read(answer);
  const text = await response.clone().text();
  if (content) checkBody(answer, content, response, text, fail);
  else if (text) fail('the contract has no body for it');
  seen.set(name, (seen.get(name) ?? 0) + 1);
  return response;
}

function checkHeaders(answer, response, fail) {
  for (const header of Object.keys(read(answer).headers ?? {})) {
    const described = follow(`${answer}/headers/${header}`);
    const value = response.headers.get(header);
    if (value === null) fail(`no header ${header}`);
    const { schema } = read(described);
    if (schema.type === 'string' && schema.const && value !== schema.const) fail(`${header} is ${value}`);
  }
}

function checkBody(answer, content, response, text, fail) {
  const type = (response.headers.get('content-type') ?? '').split(';')[0];
  if (!content[type]) fail(`content type ${type}`);
  if (!type.endsWith('json')) return;
  const valid = schemaAt(`${answer}/content/${escape(type)}/schema`);
  if (!valid(JSON.parse(text))) {
    fail(valid.errors.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`).join('; '));
  }
}

/** `fetch` with that check. */
export async function checkedFetch(url, options = {}) {
  return check(options.method ?? 'GET', url, await fetch(url, options));
}
