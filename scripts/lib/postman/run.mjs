// run.mjs COLLECTION ENVIRONMENT [NAME=VALUE...]: sends a Postman collection's requests in their order, runs their scripts, and
// prints a line for each assertion. A subset of what Postman does, that which collection.py writes: variables, bearer tokens,
// raw and urlencoded bodies, `pm.test`, `pm.expect`, `pm.response`, `pm.variables`, `pm.environment`. Anything else ends it with an error.
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import vm from 'node:vm';

const requestMilliseconds = 15_000; // A service answers within 10 s.
const scriptMilliseconds = 1_000;
const bodyBytesMax = 4 << 20;

const [collectionPath, environmentPath, ...settings] = process.argv.slice(2);
const collection = JSON.parse(readFileSync(collectionPath, 'utf8'));
const environment = new Map(
  JSON.parse(readFileSync(environmentPath, 'utf8')).values.filter((entry) => entry.enabled).map((entry) => [entry.key, entry.value]));
for (const setting of settings) {
  const [name, ...value] = setting.split('=');
  if (!environment.has(name)) throw new Error(`The environment has no variable ${name}.`);
  environment.set(name, value.join('='));
}

const counts = { requests: 0, refused: 0, passed: 0, failed: 0 };

function substituted(text) {
  return text.replace(/\{\{(\$?\w+)\}\}/g, (whole, name) => {
    if (name === '$guid') return randomUUID();
    if (!environment.has(name)) throw new Error(`No variable ${name} is set.`);
    return environment.get(name);
  });
}

function expectation(value) {
  const check = (isRight, text) => {
    if (!isRight) throw new Error(`expected ${JSON.stringify(value)} ${text}`);
  };
  return {
    to: {
      equal: (other) => check(value === other, `to equal ${JSON.stringify(other)}`),
      be: { oneOf: (list) => check(list.includes(value), `to be one of ${JSON.stringify(list)}`) },
      not: { equal: (other) => check(value !== other, `not to equal ${JSON.stringify(other)}`) },
    },
  };
}

function runScripts(item, listen, path, reply) {
  const pm = {
    variables: { get: (name) => environment.get(name), replaceIn: substituted },
    environment: { set: (name, value) => environment.set(name, value) },
    expect: expectation,
    response: reply && {
      code: reply.status,
      json: () => JSON.parse(reply.body),
      headers: { get: (name) => reply.headers[name.toLowerCase()] },
    },
    test: (name, body) => {
      try {
        body();
        counts.passed += 1;
      } catch (error) {
        counts.failed += 1;
        console.log(`✗ ${path}: ${name}: ${error.message}${reply ? `; the reply was ${reply.status} ${reply.body.slice(0, 300)}` : ''}`);
      }
    },
  };
  for (const event of item.event.filter((event) => event.listen === listen)) {
    try {
      vm.runInNewContext(event.script.exec.join('\n'), { pm }, { timeout: scriptMilliseconds });
    } catch (error) {
      counts.failed += 1;
      console.log(`✗ ${path}: its script failed: ${error.message}`);
    }
  }
}

function address(url) {
  let path = url.path.join('/');
  for (const { key, value } of url.variable ?? []) path = path.replace(`:${key}`, encodeURIComponent(substituted(value)));
  const target = new URL(`${substituted(url.host[0])}/${path}`);
  for (const { key, value, disabled } of url.query ?? []) if (!disabled) target.searchParams.append(key, substituted(value));
  return target;
}

function exchange(request) {
  const headers = Object.fromEntries(request.header.map(({ key, value }) => [key, substituted(value)]));
  const auth = request.auth ?? collection.auth;
  if (auth.type === 'bearer') {
    const token = substituted(auth.bearer[0].value);
    if (token) headers.Authorization = `Bearer ${token}`;
  } else if (auth.type !== 'noauth') throw new Error(`Unknown authorization ${auth.type}.`);
  let body;
  if (request.body?.mode === 'raw') body = substituted(request.body.raw);
  else if (request.body?.mode === 'urlencoded') {
    body = new URLSearchParams(request.body.urlencoded.map(({ key, value }) => [key, substituted(value)])).toString();
    headers['Content-Type'] = 'application/x-www-form-urlencoded';
  } else if (request.body) throw new Error(`Unknown kind of body ${request.body.mode}.`);
  if (body !== undefined) headers['Content-Length'] = Buffer.byteLength(body);
  return new Promise((resolve, reject) => {
    const call = send(address(request.url), { method: request.method, headers, timeout: requestMilliseconds }, (response) => {
      const parts = [];
      let size = 0;
      response.on('data', (part) => {
        size += part.length;
        if (size > bodyBytesMax) call.destroy(new Error('the reply is too long'));
        parts.push(part);
      });
      response.on('end', () => resolve({
        status: response.statusCode, headers: response.headers, body: Buffer.concat(parts).toString('utf8') }));
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new Error(`no reply within ${requestMilliseconds} ms`)));
    call.on('error', reject);
    call.end(body);
  });
}

async function run(items, path) {
  for (const item of items) {
    const name = [...path, item.name];
    if (item.item) {
      await run(item.item, name);
      continue;
    }
    counts.requests += 1;
    const shown = name.join(' / ');
    runScripts(item, 'prerequest', shown);
    try {
      const reply = await exchange(item.request);
      if (reply.status >= 400) counts.refused += 1;
      runScripts(item, 'test', shown, reply);
    } catch (error) {
      counts.failed += 1;
      console.log(`✗ ${shown}: ${error.message}`);
    }
  }
}

await run(collection.item, []);
console.log(
  `${counts.requests} requests, ${counts.refused} of them refused as their state has it; assertions: ${counts.passed} passed, ${counts.failed} failed`);
process.exit(counts.failed === 0 && counts.requests > 0 ? 0 : 1);
