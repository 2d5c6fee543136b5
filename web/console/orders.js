// Orders: by state, by what names them, page by page.

import { read } from './api.js';
import { fill, make } from './dom.js';
import { Table, badge, button, chips, field, link, loading, orderLink, pager, tag, time, wholeNumber } from './parts.js';
import { amount, nameOf, word } from './words.js';

const states = ['CREATED', 'CONFIRMED', 'CANCELED', 'PENDING', 'STOCK_RESERVED', 'PAID', 'REJECTED'];
const rowsMax = 25;
/** What orders are found by, as the API's parameters call it; an order's own number leads to it. */
const searches = ['id', 'customer_id', 'idempotency_key', 'correlation_id'];
const searchLengthMax = 255;

export function ordersView({ parameters }) {
  const status = states.includes(parameters.get('status')) ? parameters.get('status') : '';
  const by = searches.find((name) => parameters.get(name)) ?? '';
  const cursor = parameters.get('cursor');
  const hash = (changes) => {
    const all = { status, [by || 'id']: by ? parameters.get(by) : '', ...changes };
    const filled = Object.entries(all).filter(([, value]) => value);
    return `#/orders${filled.length ? `?${new URLSearchParams(filled)}` : ''}`;
  };
  const table = new Table(word('nav.orders'), [
    { name: word('order.number'), cell: (order) => orderLink(order.id) },
    { name: word('order.status'), cell: (order) => [badge(order.status), order.needs_attention && tag(word('order.attention'), 'bad')] },
    { name: word('order.customer'), cell: customerOf },
    { name: word('order.total'), cell: (order) => amount(order.total_cents), class: 'number' },
    { name: word('order.items'), cell: itemsOf, class: 'wide' },
    { name: word('order.made'), cell: (order) => time(order.created_at), class: 'when' },
  ], { empty: word('orders.none'), kind: 'pairs' });
  const results = make('div', {}, loading());
  const pages = make('div', {});
  return {
    heading: word('nav.orders'),
    actions: make('a', { class: 'button primary', href: '#/new-order' }, word('nav.new-order')),
    element: make('div', {},
      searchForm(by || 'customer_id', by ? parameters.get(by) : '', (name, value) => {
        location.hash = name === 'id' ? `#/orders/${value}` : hash({ [by || 'id']: '', [name]: value });
      }),
      by && make('p', { class: 'found' }, word('orders.by', { what: word(`search.${by}`) }), ' ',
        make('code', {}, parameters.get(by)), ' ', link(hash({ [by]: '' }), word('search.clear'))),
      chips(word('orders.states'), status, ['', ...states].map((state) =>
        [state, state ? nameOf('state', state) : word('all'), hash({ status: state })])),
      results, pages),
    seconds: cursor ? null : 5,
    load: async (signal) => {
      const page = await read('/admin/orders/find-all', {
        query: { status, ...(by ? { [by]: parameters.get(by) } : {}), limit: rowsMax, cursor }, signal,
      });
      table.update(page.data);
      if (results.firstChild !== table.element) fill(results, table.element);
      const focused = document.activeElement?.id;
      fill(pages, pager(page.meta, cursor, (next) => { location.hash = hash({ cursor: next }); }));
      if (focused?.startsWith('pager-')) document.getElementById(focused)?.focus();
    },
  };
}

function searchForm(by, value, find) {
  const choice = make('select', { id: 'search-by' }, searches.map((name) =>
    make('option', { value: name, selected: name === by }, word(`search.${name}`))));
  const input = make('input', { id: 'search-for', type: 'search', value, maxlength: searchLengthMax, autocomplete: 'off', spellcheck: 'false' });
  const what = field(word('search.for'), input, { kind: 'wide' });
  return make('form', { class: 'toolbar', role: 'search', novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    const text = input.value.trim();
    const isNumber = choice.value === 'id' || choice.value === 'customer_id';
    if (text === '') return what.refuse(word('wrong.empty'));
    if (isNumber && wholeNumber(text, 1) === null) return what.refuse(word('wrong.id'));
    if (!isNumber && !/^[!-~]+$/.test(text)) return what.refuse(word('wrong.key'));
    what.refuse('');
    return find(choice.value, text);
  } } }, field(word('search.by'), choice), what, button(word('search'), () => {}, { type: 'submit', id: 'search-go' }));
}

function customerOf(order) {
  const number = make('a', { href: `#/orders?customer_id=${order.customer_id}`, class: 'side' }, word('customer.number', { id: order.customer_id }));
  return order.customer ? [order.customer.name, ' ', number] : number;
}

function itemsOf(order) {
  const shown = order.items.slice(0, 2).map((one) => `${one.qty} × ${one.name}`).join(', ');
  return order.items.length > 2 ? `${shown}, ${word('order.more', { count: order.items.length - 2 })}` : shown;
}
