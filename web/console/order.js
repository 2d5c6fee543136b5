// One order: what it is, what happened to it, and what may be done with it.

import { read } from './api.js';
import { askForChange } from './changes.js';
import { fill, keepingFocus, make } from './dom.js';
import { badge, button, facts, link, loading, tag, time } from './parts.js';
import { amount, nameOf, number, word } from './words.js';

const ended = ['CANCELED', 'REJECTED'];
/** Events shown; an order has seven at most today. */
const eventsMax = 50;

export function orderView({ id, say, refresh }) {
  const element = make('div', { class: 'order' }, loading());
  const actions = make('div', { class: 'actions' });
  let says = '';
  return {
    heading: word('order.heading', { id }),
    actions,
    element,
    seconds: 5,
    load: async (signal) => {
      const path = `/admin/orders/${encodeURIComponent(id)}`;
      const [order, history] = await Promise.all([
        read(`/admin/orders/find-one/${encodeURIComponent(id)}`, { signal }), read(`${path}/history`, { signal }),
      ]);
      const now = JSON.stringify([order, history]);
      if (now === says) return;
      says = now;
      keepingFocus(actions, () => fill(actions, actionsOf(order.data, say, refresh)));
      keepingFocus(element, () => fill(element, make('div', {}, summary(order.data), items(order.data)), timeline(history.data)));
    },
  };
}

function summary(order) {
  const { customer } = order;
  return make('section', { class: 'panel' },
    make('p', { class: 'states' }, badge(order.status), order.needs_attention && tag(word('order.attention'), 'bad'),
      make('span', { class: 'total' }, amount(order.total_cents))),
    order.needs_attention && make('p', {}, word('order.attention.text'), ' ', link('#/sagas', word('nav.sagas'))),
    facts([
      [word('order.customer'), make('span', {}, customer ? make('span', { class: 'name' }, customer.name) : word('customer.unknown'), ' ',
        link(`#/orders?customer_id=${order.customer_id}`, word('customer.number', { id: order.customer_id })))],
      [word('customer.email'), customer?.email],
      [word('customer.phone'), customer?.phone],
      [word('order.made'), time(order.created_at)],
      [word('order.confirmed'), order.confirmed_at && time(order.confirmed_at)],
      [word('order.canceled'), order.canceled_at && time(order.canceled_at)],
      [word('order.reason'), nameOf('reason', order.cancel_reason ?? order.reject_reason) || null],
      [word('order.flow'), word(order.flow === 'ASYNC' ? 'order.flow.async' : 'order.flow.direct')],
    ]));
}

function items(order) {
  return make('section', { class: 'panel rows' }, make('h2', {}, word('order.items')), make('table', { role: 'table' },
    make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' },
      [['product.name', ''], ['product.sku', ''], ['order.quantity', 'number'], ['product.price', 'number'], ['order.subtotal', 'number']]
        .map(([name, kind]) => make('th', { scope: 'col', role: 'columnheader', class: kind }, word(name))))),
    make('tbody', { role: 'rowgroup' }, order.items.map((one) => make('tr', { role: 'row' },
      cell('product.name', link(`#/catalogue/${one.product_id}`, one.name)), cell('product.sku', make('code', {}, one.sku)),
      cell('order.quantity', number(one.qty), 'number'), cell('product.price', amount(one.unit_price_cents), 'number'),
      cell('order.subtotal', amount(one.subtotal_cents), 'number'))))));
}

function cell(name, content, kind) {
  return make('td', { role: 'cell', class: kind, data: { label: word(name) } }, make('div', {}, content));
}

function timeline(events) {
  return make('section', { class: 'panel' }, make('h2', {}, word('order.history')),
    events.length === 0 && make('p', { class: 'empty' }, word('history.none')),
    make('ol', { class: 'timeline' }, events.slice(-eventsMax).map((event) => make('li', {},
      make('div', {}, badge(event.data.status)),
      make('div', {}, time(event.time), ' ', make('span', { class: 'hint' }, later(event, events[0]))),
      make('div', { class: 'detail' }, nameOf('event', event.type), event.data.reason && ` · ${nameOf('reason', event.data.reason)}`),
      make('div', { class: 'detail' }, word('history.event'), ' ', make('code', {}, event.id)),
      event.traceparent && make('div', { class: 'detail' }, word('problem.trace'), ' ', make('code', {}, event.traceparent.split('-')[1]))))));
}

/** How long after the first event; seconds tell nothing of what happens within one. */
function later(event, first) {
  const milliseconds = new Date(event.time) - new Date(first.time);
  if (event === first) return '';
  if (milliseconds < 1000) return `+${number(milliseconds)} ms`;
  return milliseconds < 3600000 ? `+${number(milliseconds / 1000, 1)} s` : `+${number(milliseconds / 3600000, 1)} h`;
}

function actionsOf(order, say, refresh) {
  const act = (kind, tone) => () => askForChange({
    title: word(`${kind}.title`, { id: order.id }),
    body: [make('p', {}, word(`${kind}.text`)), facts([
      [word('order.customer'), order.customer?.name ?? word('customer.number', { id: order.customer_id })],
      [word('order.total'), amount(order.total_cents)],
    ])],
    submit: word(`${kind}.submit`),
    tone,
    request: () => ({ method: 'POST', path: `/admin/orders/${order.id}/${kind}`, title: word(`${kind}.title`, { id: order.id }) }),
    done: () => {
      say(word(`${kind}.done`, { id: order.id }));
      refresh();
    },
  });
  return [
    order.status === 'CREATED' && button(word('confirm.submit'), act('confirm', 'plain'), { class: 'primary', id: 'confirm' }),
    !ended.includes(order.status) && button(word('cancel.submit'), act('cancel', 'danger'), { id: 'cancel' }),
  ];
}
