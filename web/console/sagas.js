// Asynchronous orders that are not finished, those first that wait for somebody.

import { read } from './api.js';
import { askForChange } from './changes.js';
import { fill, keepingFocus, make } from './dom.js';
import { Table, badge, button, chips, facts, loading, orderLink, pager, time } from './parts.js';
import { nameOf, number, word } from './words.js';

const rowsMax = 25;
/** After these the payment may have been taken, and the API does not let an order go. */
const discardable = ['RESERVE', 'AUTHORIZE'];

export function sagasView({ parameters, say, refresh }) {
  const state = parameters.get('state') ?? 'DEAD';
  const cursor = parameters.get('cursor');
  const table = new Table(word('nav.sagas'), [
    { name: word('order.number'), cell: (saga) => orderLink(saga.order_id) },
    { name: word('saga.state'), cell: (saga) => badge(saga.state) },
    { name: word('saga.step'), cell: (saga) => nameOf('step', saga.step) },
    { name: word('saga.attempts'), cell: (saga) => number(saga.attempts), class: 'number' },
    { name: word('saga.due'), cell: (saga) => time(saga.run_at), class: 'when' },
    { name: word('saga.deadline'), cell: (saga) => time(saga.deadline_at), class: 'when' },
    { name: word('saga.error'), cell: (saga) => saga.last_error ?? '–', class: 'wide' },
    { name: word('table.actions'), class: 'end', cell: (saga) => saga.state !== 'DEAD' ? '–' : make('div', { class: 'actions' },
      act('redrive', saga, say, refresh), discardable.includes(saga.step) && act('discard', saga, say, refresh)) },
  ], { key: (saga) => saga.order_id, empty: word(state === 'DEAD' ? 'sagas.none-dead' : 'sagas.none') });
  const results = make('div', {}, loading());
  const pages = make('div', {});
  return {
    heading: word('nav.sagas'),
    element: make('div', {}, make('p', { class: 'hint' }, word('sagas.text')),
      chips(word('saga.state'), state, ['DEAD', 'RUNNING', ''].map((one) =>
        [one, one ? nameOf('state', one) : word('all'), `#/sagas?${new URLSearchParams({ state: one })}`])),
      results, pages),
    seconds: cursor ? null : 5,
    load: async (signal) => {
      const page = await read('/admin/sagas/find-all', { query: { state, limit: rowsMax, cursor }, signal });
      table.update(page.data);
      if (results.firstChild !== table.element) fill(results, table.element);
      keepingFocus(pages, () => fill(pages, pager(page.meta, cursor, (next) => {
        location.hash = `#/sagas?${new URLSearchParams({ state, ...(next ? { cursor: next } : {}) })}`;
      })));
    },
  };
}

function act(kind, saga, say, refresh) {
  const title = word(`saga.${kind}.title`, { id: saga.order_id });
  return button(word(`saga.${kind}.submit`), () => askForChange({
    title,
    body: [make('p', {}, word(`saga.${kind}.text`)), facts([
      [word('saga.step'), nameOf('step', saga.step)], [word('saga.error'), saga.last_error],
    ])],
    submit: word(`saga.${kind}.submit`),
    tone: kind === 'discard' ? 'danger' : 'plain',
    request: () => ({ method: 'POST', path: `/admin/sagas/${saga.order_id}/${kind}`, title }),
    done: () => {
      say(word('change.done', { title }));
      refresh();
    },
  }), { id: `${kind}-${saga.order_id}`, class: kind === 'redrive' ? 'primary' : null });
}
