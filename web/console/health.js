// How the service is: what it needs, what stands between, and how much it does how fast.

import { Failure, read, readText } from './api.js';
import { Chart } from './charts.js';
import { fill, make } from './dom.js';
import { difference, reading } from './metrics.js';
import { Table, badge, loading, problemPanel, tag } from './parts.js';
import { number, word } from './words.js';

const seconds = 5;
/** Ten minutes of them. */
const samplesMax = 120;
const operationsMax = 10;
/** What the table of operations looks back on. */
const operationSamples = 12;
const dependenciesMax = 6;

/** Readings and what lies between them are kept while the tab is open, so that whoever comes back finds the lines again. */
let last = null;
const samples = [];

export function healthView() {
  const checks = new Table(word('health.checks'), [
    { name: word('health.check'), cell: (check) => make('code', {}, check.name) },
    { name: word('health.status'), cell: (check) => badge(check.status) },
    { name: word('health.detail'), cell: (check) => make('span', { lang: 'en' }, check.detail), class: 'wide' },
    { name: word('health.latency'), cell: (check) => number(check.latency_ms), class: 'number' },
    { name: word('health.pool'), cell: (check) => check.pool ? word('health.pool.value', check.pool) : '–' },
  ], { key: (check) => check.name, isCalm: true });
  const dependencies = new Table(word('health.dependencies'), [
    { name: word('health.dependency'), cell: (one) => make('code', {}, one.name) },
    { name: word('health.circuit'), cell: (one) => one.circuit ? badge(one.circuit) : '–' },
    { name: word('health.waiting'), cell: (one) => one.max === null ? '–' : `${number(one.inFlight)} / ${number(one.max)}`, class: 'number' },
    { name: word('health.calls'), cell: (one) => number(one.count), class: 'number' },
    { name: word('health.failed'), cell: (one) => number(one.failed), class: 'number' },
    { name: word('health.retries'), cell: (one) => number(one.events.retry ?? 0), class: 'number' },
    { name: word('health.refused'), cell: (one) => number((one.events.refused ?? 0) + (one.events.circuit_open ?? 0)), class: 'number' },
  ], { key: (one) => one.name, isCalm: true, empty: word('health.no-dependencies') });
  const operations = new Table(word('health.operations'), [
    { name: word('health.operation'), cell: (one) => make('code', {}, one.name) },
    { name: word('health.rate'), cell: (one) => number(one.rate, 2), class: 'number' },
    { name: word('health.mean'), cell: (one) => one.mean === null ? '–' : number(one.mean, 1), class: 'number' },
    { name: word('health.failed'), cell: (one) => number(one.failed), class: 'number' },
  ], { key: (one) => one.name, isCalm: true, empty: word('health.no-requests') });
  const throughput = new Chart(word('health.throughput'), word('unit.per-second'), [
    { name: word('health.answered'), value: (sample) => sample.rate }, { name: word('health.failed'), value: (sample) => sample.failedRate },
  ]);
  const latency = new Chart(word('health.duration'), word('unit.milliseconds'),
    ['p50', 'p95', 'p99'].map((name) => ({ name, value: (sample) => sample[name] })));
  const calls = make('div', {});
  let callChart = null;
  const state = make('div', { class: 'states' });
  const all = make('div', { class: 'health' }, state, make('h2', {}, word('health.checks')), checks.element,
    make('h2', {}, word('health.dependencies')), dependencies.element, throughput.element, latency.element, calls,
    make('h2', {}, word('health.operations')), make('p', { class: 'hint' }, word('health.operations.hint')), operations.element);
  const element = make('div', {}, loading());
  const drawCalls = () => {
    const names = [...last.dependencies.keys()].slice(0, dependenciesMax);
    if (callChart === null && names.length > 0) {
      callChart = new Chart(word('health.calls.duration'), word('unit.milliseconds'), names.map((name) => ({
        name, value: (sample) => sample.dependencies.find((one) => one.name === name)?.meanMilliseconds ?? null,
      })));
      fill(calls, callChart.element);
    }
    callChart?.update(samples);
  };
  return {
    heading: word('nav.health'),
    element,
    seconds,
    end: () => [throughput, latency, callChart].forEach((chart) => chart?.end()),
    load: async (signal) => {
      // What the service tells of itself needs no token; the other may fail by itself.
      const [health, text] = await Promise.allSettled([read('/health/detailed', { signal }), readText('/metrics', { signal })]);
      if (text.status === 'rejected') throw text.reason;
      take(reading(text.value, Date.now()));
      if (element.firstChild !== all) fill(element, all);
      if (health.status === 'fulfilled') {
        fill(state, tag(word(`health.${health.value.status}`), health.value.status === 'pass' ? 'good' : 'bad'), make('span', { class: 'hint' },
          word('health.now', { inFlight: number(last.inFlight), queued: number(last.queued) })));
        checks.update(health.value.checks);
      } else if (health.reason instanceof Failure) {
        fill(state, problemPanel(health.reason, { lead: word('health.unknown') }));
        checks.update([]);
      } else throw health.reason;
      dependencies.update([...last.dependencies].map(([name, one]) => ({
        name, circuit: one.circuit, inFlight: one.inFlight, max: one.max, count: one.calls.count, failed: one.calls.failed, events: one.events,
      })));
      operations.update(busiest());
      throughput.update(samples);
      latency.update(samples);
      drawCalls();
    },
  };
}

function take(now) {
  const sample = last && difference(last, now);
  if (last && sample === null) samples.length = 0;
  if (sample) samples.push(sample);
  if (samples.length > samplesMax) samples.splice(0, samples.length - samplesMax);
  last = now;
}

function busiest() {
  const all = new Map();
  const recent = samples.slice(-operationSamples);
  for (const sample of recent) {
    for (const one of sample.operations.filter((operation) => operation.count > 0)) {
      const sum = all.get(one.name) ?? { name: one.name, count: 0, milliseconds: 0, failed: 0 };
      sum.count += one.count;
      sum.milliseconds += one.meanMilliseconds * one.count;
      sum.failed += one.count * (one.failedRate / one.rate);
      all.set(one.name, sum);
    }
  }
  const span = recent.reduce((sum, sample) => sum + sample.seconds, 0);
  return [...all.values()].sort((one, other) => other.count - one.count).slice(0, operationsMax).map((one) => ({
    name: one.name, rate: one.count / span, mean: one.milliseconds / one.count, failed: Math.round(one.failed),
  }));
}
