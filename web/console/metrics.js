// Reads Prometheus' text, and makes of two readings what happened between them.

const requests = 'http_server_request_duration_seconds';
const calls = 'http_client_request_duration_seconds';
/** What waits on purpose, or is asked for by machines and by this page: it would say nothing about how fast orders are served. */
const leftOut = /^(getHealth|getAPIHealth|getMetrics|getService$|getConsole|getReference|getFormerReference|getContract|listEvents$|getOwnOrderStatus$)/;

/** A reading of `/metrics`: the families that the desk shows. `at` is its moment in milliseconds. */
export function reading(text, at) {
  const one = { at, start: 0, requests: counts(), operations: new Map(), dependencies: new Map(), inFlight: 0, queued: 0 };
  for (const line of text.split('\n')) {
    if (line.startsWith('#') || line === '') continue;
    const { name, labels, value } = sample(line);
    if (name === 'process_start_time_seconds') one.start = value;
    else if (name === 'http_server_requests_in_flight') one.inFlight = value;
    else if (name === 'http_server_requests_queued') one.queued = value;
    else if (name.startsWith(requests)) addRequest(one, name.slice(requests.length), labels, value);
    else if (name.startsWith(calls)) add(dependency(one, labels.dependency).calls, name.slice(calls.length), labels, value, failedCall);
    else if (name.startsWith('dependency_')) addDependency(dependency(one, labels.dependency), name, labels, value);
  }
  return one;
}

function addRequest(one, part, labels, value) {
  const operation = labels.operation;
  if (leftOut.test(operation)) return;
  add(one.requests, part, labels, value, failedRequest);
  if (!one.operations.has(operation)) one.operations.set(operation, counts());
  add(one.operations.get(operation), part, labels, value, failedRequest);
}

function addDependency(to, name, labels, value) {
  if (name === 'dependency_circuit_state' && value === 1) to.circuit = labels.state;
  else if (name === 'dependency_calls_in_flight') to.inFlight = value;
  else if (name === 'dependency_calls_max') to.max = value;
  else if (name === 'dependency_calls_total') to.events[labels.event] = value;
}

function dependency(one, name) {
  if (!one.dependencies.has(name)) {
    one.dependencies.set(name, { calls: counts(), circuit: null, inFlight: null, max: null, events: {} });
  }
  return one.dependencies.get(name);
}

function counts() { return { count: 0, sum: 0, failed: 0, buckets: new Map() }; }

function add(to, part, labels, value, isFailure) {
  if (part === '_count') {
    to.count += value;
    if (isFailure(labels)) to.failed += value;
  } else if (part === '_sum') {
    to.sum += value;
  } else if (part === '_bucket') {
    const limit = labels.le === '+Inf' ? Infinity : Number(labels.le);
    to.buckets.set(limit, (to.buckets.get(limit) ?? 0) + value);
  }
}

function failedRequest(labels) { return labels.http_response_status_code >= '500'; }

function failedCall(labels) { return labels.http_response_status_code === '' || labels.http_response_status_code >= '500'; }

/** `name{label="value"} 1`; values have \\, \" and \n escaped. */
export function sample(line) {
  const brace = line.indexOf('{');
  if (brace < 0) {
    const [name, value] = line.split(' ');
    return { name, labels: {}, value: Number(value) };
  }
  const end = line.lastIndexOf('}');
  const labels = {};
  for (const [, label, text] of line.slice(brace + 1, end).matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"/g)) {
    labels[label] = text.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
  }
  return { name: line.slice(0, brace), labels, value: Number(line.slice(end + 1).trim().split(' ')[0]) };
}

/**
 * What happened from one reading to the next: each second's requests, and milliseconds. Null where the numbers began anew: another process
 * answered, or the same one was started again.
 */
export function difference(before, after) {
  const seconds = (after.at - before.at) / 1000;
  if (seconds <= 0 || before.start !== after.start || after.requests.count < before.requests.count) return null;
  return {
    at: after.at,
    seconds,
    ...rates(before.requests, after.requests, seconds),
    operations: [...after.operations].map(([name, now]) => ({ name, ...rates(before.operations.get(name) ?? counts(), now, seconds) })),
    dependencies: [...after.dependencies].map(([name, now]) => ({
      name, ...rates(before.dependencies.get(name)?.calls ?? counts(), now.calls, seconds),
    })),
  };
}

function rates(before, after, seconds) {
  const count = after.count - before.count;
  const between = new Map([...after.buckets].map(([limit, value]) => [limit, value - (before.buckets.get(limit) ?? 0)]));
  return {
    count,
    rate: count / seconds,
    failedRate: (after.failed - before.failed) / seconds,
    meanMilliseconds: count > 0 ? ((after.sum - before.sum) / count) * 1000 : null,
    p50: quantile(between, 0.5), p95: quantile(between, 0.95), p99: quantile(between, 0.99),
  };
}

/** Milliseconds that this share of the requests took at most, between the limits of its bucket as if they lay evenly; null without any. */
export function quantile(buckets, share) {
  const limits = [...buckets.keys()].sort((one, other) => one - other);
  const all = limits.length ? buckets.get(limits[limits.length - 1]) : 0;
  if (!all) return null;
  let below = 0;
  let least = 0;
  for (const limit of limits) {
    const upTo = buckets.get(limit);
    if (upTo >= share * all) {
      const most = Number.isFinite(limit) ? limit : least;
      return (least + (most - least) * ((share * all - below) / Math.max(upTo - below, 1))) * 1000;
    }
    below = upTo;
    least = limit;
  }
  return least * 1000;
}
