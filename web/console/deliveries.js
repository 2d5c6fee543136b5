// Deliveries of events, those first that were given up, and the endpoints that they were for.

import { read } from './api.js';
import { askForChange } from './changes.js';
import { fill, keepingFocus, make } from './dom.js';
import { Table, badge, button, chips, facts, link, loading, orderLink, pager, time, wholeNumber } from './parts.js';
import { nameOf, number, word } from './words.js';

const rowsMax = 25;
const endpointsMax = 100; // As many as there can be.
const attemptsMax = 100;
const states = ['DEAD', 'PENDING', 'DELIVERED', 'DISCARDED'];

export function deliveriesView({ parameters, say, refresh }) {
  const state = parameters.get('state') ?? 'DEAD';
  // What is acted on is what is shown: something else than a number filters neither.
  const endpoint = wholeNumber(parameters.get('endpoint_id') ?? '', 1) ?? '';
  const cursor = parameters.get('cursor');
  const hash = (changes) => `#/deliveries?${new URLSearchParams(Object.entries({ state, endpoint_id: endpoint, ...changes })
    .filter(([name, value]) => name === 'state' || value))}`;
  const table = new Table(word('nav.deliveries'), [
    { name: word('delivery.number'), cell: (one) => link(`#/deliveries/${one.id}`, `#${one.id}`) },
    { name: word('delivery.state'), cell: (one) => badge(one.state) },
    { name: word('delivery.event'), cell: (one) => nameOf('event', one.event_type) },
    { name: word('order.number'), cell: (one) => orderLink(one.order_id) },
    { name: word('delivery.endpoint'), cell: (one) => link(hash({ endpoint_id: one.endpoint_id, cursor: '' }), `#${one.endpoint_id}`) },
    { name: word('saga.attempts'), cell: (one) => number(one.attempt_count), class: 'number' },
    { name: word('delivery.outcome'), cell: (one) => nameOf('outcome', one.last_outcome) || '–' },
    { name: word('delivery.made'), cell: (one) => time(one.created_at), class: 'when' },
    { name: word('table.actions'), class: 'end', cell: (one) => one.state === 'PENDING' ? '–' : redeliver(one, say, refresh) },
  ], { empty: word(state === 'DEAD' ? 'deliveries.none-dead' : 'deliveries.none') });
  const endpoints = endpointTable(say, refresh);
  const bulk = make('div', { class: 'actions' });
  const results = make('div', {}, loading());
  const pages = make('div', {});
  const loaded = make('div', {}, table.element, pages, make('h2', {}, word('endpoints')), endpoints.element);
  return {
    heading: word('nav.deliveries'),
    actions: bulk,
    element: make('div', {},
      endpoint && make('p', { class: 'found' }, word('deliveries.of', { id: endpoint }), ' ',
        link(hash({ endpoint_id: '' }), word('search.clear'))),
      chips(word('delivery.state'), state, [...states, ''].map((one) =>
        [one, one ? nameOf('state', one) : word('all'), hash({ state: one })])),
      results),
    seconds: cursor ? null : 5,
    load: async (signal) => {
      const [page, all] = await Promise.all([
        read('/admin/deliveries/find-all', { query: { state, endpoint_id: endpoint, limit: rowsMax, cursor }, signal }),
        read('/admin/webhooks/find-all', { query: { limit: endpointsMax }, signal }),
      ]);
      table.update(page.data);
      endpoints.update(all.data);
      if (results.firstChild !== loaded) fill(results, loaded);
      keepingFocus(bulk, () => fill(bulk, state === 'DEAD' && page.data.length > 0
        && ['redrive', 'discard'].map((kind) => actOnAll(kind, endpoint, say, refresh))));
      keepingFocus(pages, () => fill(pages, pager(page.meta, cursor, (next) => { location.hash = hash({ cursor: next }); })));
    },
  };
}

function endpointTable(say, refresh) {
  return new Table(word('endpoints'), [
    { name: word('delivery.endpoint'), cell: (one) => `#${one.id}` },
    { name: word('endpoint.status'), cell: (one) => badge(one.status) },
    { name: word('endpoint.channel'), cell: (one) => nameOf('channel', one.channel) },
    { name: word('endpoint.target'), cell: (one) => one.url ?? one.to ?? String(one.chat_id), class: 'wide' },
    { name: word('endpoint.failing'), cell: (one) => time(one.failing_since), class: 'when' },
    { name: word('table.actions'), class: 'end', cell: (one) => one.status === 'ACTIVE' ? '–' : enable(one, say, refresh) },
  ], { empty: word('endpoints.none') });
}

/** A button that asks first, for a change of which no more is to be said than a text. */
function action(name, texts, path, content, { id, tone, values, done, label }) {
  const title = word(`${name}.title`, values);
  return button(word(`${name}.submit`), () => askForChange({
    title, body: [make('p', {}, word(`${name}.text`, values)), texts], submit: word(`${name}.submit`), tone,
    request: () => ({ method: 'POST', path, content, title }),
    done: (answer) => done(answer, title),
  }), { id, class: { danger: '', quiet: 'quiet' }[tone] ?? 'primary', 'aria-label': label ? title : null });
}

function redeliver(one, say, refresh) {
  return action('redeliver', facts([[word('delivery.outcome'), nameOf('outcome', one.last_outcome) || null]]),
    `/admin/deliveries/${one.id}/redeliver`, undefined, {
      id: `redeliver-${one.id}`, values: { id: one.id }, label: true, tone: one.state === 'DEAD' ? 'plain' : 'quiet', done: (_, title) => {
        say(word('change.done', { title }));
        refresh();
      },
    });
}

function enable(one, say, refresh) {
  return action('enable', facts([[word('endpoint.reason'), nameOf('reason', one.disabled_reason) || null]]),
    `/admin/webhooks/${one.id}/enable`, undefined, {
      id: `enable-${one.id}`, values: { id: one.id }, label: true, done: (_, title) => {
        say(word('change.done', { title }));
        refresh();
      },
    });
}

function actOnAll(kind, endpoint, say, refresh) {
  const content = { ...(kind === 'discard' ? { state: 'DEAD' } : {}), ...(endpoint ? { endpoint_id: endpoint } : {}) };
  return action(`deliveries.${kind}`, endpoint && make('p', {}, word('deliveries.of', { id: endpoint })), `/admin/deliveries/${kind}`,
    content, {
      id: `${kind}-all`, tone: kind === 'discard' ? 'danger' : 'plain', done: ({ data }) => {
        const count = data.redriven_count ?? data.discarded_count;
        say(word(data.has_more ? `deliveries.${kind}.more` : `deliveries.${kind}.done`, { count: number(count) }));
        refresh();
      },
    });
}

export function deliveryView({ id, say, refresh }) {
  const summary = make('section', { class: 'panel' });
  const element = make('div', {}, loading());
  const actions = make('div', { class: 'actions' });
  const table = new Table(word('delivery.attempts'), [
    { name: word('attempt.number'), cell: (one) => number(one.number), class: 'number' },
    { name: word('attempt.at'), cell: (one) => time(one.at), class: 'when' },
    { name: word('delivery.outcome'), cell: (one) => nameOf('outcome', one.outcome) || '–' },
    { name: word('attempt.status'), cell: (one) => one.status ?? '–', class: 'number' },
    { name: word('attempt.duration'), cell: (one) => number(one.duration_ms), class: 'number' },
    { name: word('attempt.reply'), cell: (one) => one.reply || '–', class: 'wide' },
  ], { key: (one) => one.number, empty: word('attempts.none') });
  let says = '';
  return {
    heading: word('delivery.heading', { id }),
    actions,
    element,
    seconds: 5,
    load: async (signal) => {
      const { data } = await read(`/admin/deliveries/find-one/${encodeURIComponent(id)}`, { signal });
      table.update(data.attempts.slice(0, attemptsMax));
      const now = JSON.stringify(data);
      if (now === says) return;
      says = now;
      keepingFocus(actions, () => fill(actions, data.state !== 'PENDING' && redeliver(data, say, refresh)));
      fill(summary, make('p', { class: 'states' }, badge(data.state)), facts([
        [word('delivery.event'), nameOf('event', data.event_type)], [word('order.number'), orderLink(data.order_id)],
        [word('delivery.endpoint'), link(`#/deliveries?state=&endpoint_id=${data.endpoint_id}`, `#${data.endpoint_id}`)],
        [word('history.event'), make('code', {}, data.event_id)], [word('delivery.made'), time(data.created_at)],
        [word('delivery.finished'), data.finished_at && time(data.finished_at)],
      ]));
      if (element.firstChild !== summary) fill(element, summary, make('h2', {}, word('delivery.attempts')), table.element);
    },
  };
}
