// Calls of the API on this page's own origin: the token, deadlines, and what failures mean.

import { store } from './store.js';

/** Milliseconds until an answer is of no use any more; the service is told, and the page waits a little longer for its 504. */
const readMilliseconds = 8000;
const changeMilliseconds = 12000;
const answerGraceMilliseconds = 500;
/** Reads are sent again once, after this pause or what Retry-After says, if that is no more than the longest. */
const retryMilliseconds = 300;
const retryMillisecondsMax = 2000;

const tokenItem = 'console.token';
const tokenCountItem = 'console.token-count';

/** Codes by which the service says that it has not done this, and may later. Of others, and of any proxy's, nobody knows. */
const notDoneCodes = [
  'unauthorized', 'customer-claim-missing', 'host-not-allowed', 'cross-site-request', 'rate-limited', 'payment-in-progress', 'overloaded',
  'shutting-down', 'database-unavailable', 'customers-unavailable', 'not-ready',
];

/** Why there is no answer. `kind`: `problem`, `network`, `deadline`, `unauthorized`, `unreadable`, or `caller-changed`. */
export class Failure extends Error {
  constructor(kind, problem = {}, status = 0, retryAfterSeconds = null) {
    super(problem.title ?? kind);
    this.kind = kind;
    this.status = status;
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the service has said for good that it did not do this. Everything else leaves a change's outcome open. */
  get isRefusal() {
    return this.kind === 'problem' && this.problem.retryable === false && this.status >= 400 && this.status < 500
      && ![401, 403, 408, 429].includes(this.status);
  }

  /** Whether this attempt is known to have done nothing; an earlier one may have. */
  get isNotDone() { return notDoneCodes.includes(this.problem.code); }

  get isTransient() { return this.kind === 'network' || [429, 502, 503].includes(this.status); }
}

/** The token of this tab. It is nowhere but in sessionStorage and in the Authorization field of requests. */
export const session = {
  get token() { return store.getItem(tokenItem); },
  /** Counts tokens: a change that was sent under one is not repeated under another unasked, as keys belong to their caller. */
  get tokenCount() { return Number(store.getItem(tokenCountItem) ?? 0); },
  keep(token) {
    if (token !== this.token) store.setItem(tokenCountItem, String(this.tokenCount + 1));
    store.setItem(tokenItem, token);
  },
  forget() { store.removeItem(tokenItem); },
  /** Asks the person for a token; true where there is another one. The page sets it at its start. */
  ask: async () => false,
};

/** Reads a JSON document. Asks for a token where that is needed, and once again where the service could not answer. */
export async function read(path, { query = {}, signal } = {}) {
  const filled = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== '');
  const target = filled.length ? `${path}?${new URLSearchParams(filled)}` : path;
  return (await repeated(() => send('GET', target, { milliseconds: readMilliseconds, signal }), signal)).document;
}

/** Reads a text. */
export async function readText(path, { signal } = {}) {
  return (await repeated(() => send('GET', path, { milliseconds: readMilliseconds, signal, isText: true }), signal)).text;
}

/**
 * Sends a change once. `intention` has `method`, `path`, `body`, `key` and `correlationID`. Whoever calls repeats it with the same
 * intention. After a 401 it is sent with the new token, unless `mayChangeCaller()` says that it must not.
 */
export async function change(intention, mayChangeCaller) {
  const headers = { 'X-Idempotency-Key': intention.key, 'X-Correlation-Id': intention.correlationID };
  const answer = await send(intention.method, intention.path, {
    milliseconds: changeMilliseconds, headers, body: intention.body, mayChangeCaller,
  });
  return { data: answer.document.data, isReplay: answer.headers.get('Idempotency-Replayed') === 'true' };
}

async function repeated(attempt, signal) {
  try {
    return await attempt();
  } catch (failure) {
    const pause = Math.max(retryMilliseconds, (failure.retryAfterSeconds ?? 0) * 1000);
    if (!(failure instanceof Failure) || !failure.isTransient || pause > retryMillisecondsMax) throw failure;
    await new Promise((resolve) => setTimeout(resolve, pause));
    signal?.throwIfAborted();
    return attempt();
  }
}

async function send(method, path, options) {
  for (;;) {
    const { token } = session;
    const answer = await transmit(method, path, token, options);
    if (answer.status !== 401) return checked(answer, options.isText);
    const tokenCount = session.tokenCount;
    // Another call may have asked meanwhile.
    if (session.token === token && !(await session.ask(token !== null))) throw failureOf(answer, 'unauthorized');
    if (session.tokenCount !== tokenCount && options.mayChangeCaller?.() === false) throw new Failure('caller-changed');
  }
}

async function transmit(method, path, token, { milliseconds, headers = {}, body, signal }) {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), milliseconds + answerGraceMilliseconds);
  const abort = () => deadline.abort();
  signal?.addEventListener('abort', abort);
  const fields = { ...headers, Accept: 'application/json', 'X-Request-Timeout-Ms': String(milliseconds) };
  if (token !== null) fields.Authorization = `Bearer ${token}`;
  if (body) fields['Content-Type'] = 'application/json';
  try {
    const response = await fetch(path, {
      method, headers: fields, body, signal: deadline.signal, cache: 'no-store', credentials: 'omit', redirect: 'error',
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw new Failure(deadline.signal.aborted ? 'deadline' : 'network');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

function checked(answer, isText) {
  if (answer.status < 200 || answer.status > 299) throw failureOf(answer, 'problem');
  if (isText) return answer;
  const document = parsed(answer.text);
  if (document === null) throw new Failure('unreadable', {}, answer.status);
  return { ...answer, document };
}

function failureOf(answer, kind) {
  const type = answer.headers.get('Content-Type') ?? '';
  const problem = type.startsWith('application/problem+json') ? parsed(answer.text) : null;
  const seconds = Number.parseInt(answer.headers.get('Retry-After') ?? '', 10);
  const retryAfterSeconds = Number.isFinite(seconds) ? seconds : null;
  // A proxy's page says nothing about what the service has done.
  if (typeof problem?.code !== 'string') return new Failure('unreadable', {}, answer.status, retryAfterSeconds);
  return new Failure(kind, problem, answer.status, retryAfterSeconds);
}

function parsed(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
