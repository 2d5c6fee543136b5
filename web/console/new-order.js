// Places an order. What was typed stays in the tab until the order is there.

import { read } from './api.js';
import { askForChange, intentions, unsettled } from './changes.js';
import { fill, make } from './dom.js';
import { Table, button, facts, field, loading, problemPanel, tag, wholeNumber } from './parts.js';
import { store } from './store.js';
import { amount, number, word } from './words.js';

const path = '/admin/orders/create-order';
const draftItem = 'console.draft';
const linesMax = 200;
const quantityMax = 1000000;
const foundMax = 10;

function draft() {
  try {
    return JSON.parse(store.getItem(draftItem)) ?? { customer: '', lines: [] };
  } catch {
    return { customer: '', lines: [] };
  }
}

function keep(value) { store.setItem(draftItem, JSON.stringify(value)); }

/** What the API is asked for. */
function contentOf(order) {
  return {
    customer_id: wholeNumber(order.customer, 1),
    items: order.lines.map((line) => ({ product_id: line.product, qty: wholeNumber(line.quantity, 1, quantityMax) })),
  };
}

/** An order that is there needs its draft no more, from wherever it was asked for; another one that was typed meanwhile stays. */
intentions.addEventListener('settled', ({ detail }) => {
  if (!detail.data || detail.intention.path !== path || detail.intention.body !== JSON.stringify(contentOf(draft()))) return;
  store.removeItem(draftItem);
  if (location.hash.startsWith('#/new-order')) location.hash = `#/orders/${detail.data.id}`;
});

export function newOrderView({ say }) {
  const order = draft();
  const lines = make('div', { class: 'panel rows' });
  const total = make('p', { class: 'sum', 'aria-live': 'polite' });
  const wrong = make('p', { class: 'wrong', role: 'alert' });
  const customer = make('input', {
    id: 'customer', type: 'text', inputmode: 'numeric', value: order.customer, autocomplete: 'off', maxlength: 16, form: 'new-order',
    on: { input: () => {
      order.customer = customer.value;
      keep(order);
    } },
  });
  const customerField = field(word('customer.id'), customer, { hint: word('customer.id.hint') });
  const sum = () => {
    const cents = order.lines.reduce((all, line) => all + line.price * (wholeNumber(line.quantity, 1, quantityMax) ?? 0), 0);
    total.textContent = order.lines.length && Number.isSafeInteger(cents) ? word('new-order.sum', { amount: amount(cents) }) : '';
  };
  const drawLines = (focusOn) => {
    fill(lines, make('h2', {}, word('order.items')), order.lines.length === 0 ? make('p', { class: 'empty' }, word('new-order.empty'))
      : make('ul', { class: 'lines' }, order.lines.map((line, place) => lineOf(line, place, order, drawLines, sum))));
    sum();
    if (focusOn) document.getElementById(focusOn)?.focus();
  };
  const add = (product) => {
    const known = order.lines.find((line) => line.product === product.id);
    if (!known && order.lines.length >= linesMax) {
      wrong.textContent = word('new-order.too-many', { count: linesMax });
      return;
    }
    if (!known) order.lines.push({ product: product.id, name: product.name, sku: product.sku, price: product.price_cents, quantity: '1' });
    keep(order);
    drawLines(`quantity-${product.id}`);
    document.getElementById(`quantity-${product.id}`).select();
  };
  const form = make('form', { id: 'new-order', novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    place(order, customerField, wrong, say);
  } } }, lines, total, wrong,
    make('div', { class: 'actions' }, button(word('new-order.submit'), () => {}, { type: 'submit', class: 'primary', id: 'place' }),
      button(word('new-order.clear'), () => {
        Object.assign(order, { customer: '', lines: [] });
        store.removeItem(draftItem);
        customer.value = '';
        drawLines('customer');
      }, { class: 'quiet' })));
  drawLines();
  return { heading: word('nav.new-order'), element: make('div', { class: 'split' },
    make('div', {}, make('section', { class: 'panel' }, customerField), productSearch(add)), form) };
}

function lineOf(line, place, order, drawLines, sum) {
  const id = `quantity-${line.product}`;
  const quantity = make('input', {
    id, type: 'text', inputmode: 'numeric', value: line.quantity, maxlength: 7, autocomplete: 'off', class: 'short',
    on: { input: () => {
      line.quantity = quantity.value;
      keep(order);
      sum();
    } },
  });
  return make('li', {}, make('div', { class: 'product' }, make('span', { class: 'name' }, line.name), make('code', {}, line.sku),
    make('span', { class: 'hint' }, amount(line.price))),
    field(word('order.quantity'), quantity),
    button(word('action.remove'), () => {
      order.lines.splice(place, 1);
      keep(order);
      drawLines('product-search');
    }, { class: 'quiet', 'aria-label': word('new-order.remove', { name: line.name }) }));
}

function productSearch(add) {
  const found = make('div', {});
  const input = make('input', { id: 'product-search', type: 'search', maxlength: 120, autocomplete: 'off' });
  const table = new Table(word('nav.catalogue'), [
    { name: word('product.name'), cell: (product) => [make('span', { class: 'name' }, product.name), ' ', make('code', {}, product.sku)] },
    { name: word('product.price'), cell: (product) => amount(product.price_cents), class: 'number' },
    { name: word('product.stock'), cell: (product) => number(product.stock), class: 'number' },
    { name: word('table.actions'), class: 'end', cell: (product) =>
      button(word('action.add'), () => add(product), { 'aria-label': word('new-order.add', { name: product.name }), id: `add-${product.id}` }) },
  ], { empty: word('catalogue.none'), kind: 'pairs' });
  const find = async () => {
    fill(found, loading());
    try {
      const page = await read('/admin/products/find-all', { query: { search: input.value.trim(), is_active: true, limit: foundMax } });
      table.update(page.data);
      fill(found, table.element, page.meta.has_next && make('p', { class: 'hint' }, word('new-order.more')));
    } catch (failure) {
      fill(found, problemPanel(failure, { actions: [button(word('action.try-again'), find)] }));
    }
  };
  find();
  return make('section', {}, make('form', { class: 'toolbar', role: 'search', novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    find();
  } } }, field(word('new-order.search'), input, { hint: word('catalogue.search.hint'), kind: 'wide' }),
    button(word('search'), () => {}, { type: 'submit' })), found);
}

function place(order, customerField, wrong, say) {
  const refuse = (text, id) => {
    wrong.textContent = text;
    document.getElementById(id)?.focus();
  };
  wrong.textContent = '';
  customerField.refuse('');
  const customer = wholeNumber(order.customer, 1);
  if (customer === null) return customerField.refuse(word('wrong.id'));
  if (order.lines.length === 0) return refuse(word('new-order.empty'), 'product-search');
  const bad = order.lines.find((line) => wholeNumber(line.quantity, 1, quantityMax) === null);
  if (bad) return refuse(word('new-order.quantity', { name: bad.name, most: number(quantityMax) }), `quantity-${bad.product}`);
  const content = contentOf(order);
  const title = word('new-order.title', { id: customer });
  return askForChange({
    title,
    body: [
      unsettled().some((one) => one.path === path) && make('p', {}, tag(word('new-order.open'), 'open')),
      make('ul', { class: 'plain' }, order.lines.map((line) => make('li', {}, `${line.quantity} × `, make('span', { class: 'name' }, line.name)))),
      facts([[word('order.total'), amount(order.lines.reduce((all, line, at) => all + line.price * content.items[at].qty, 0))]]),
      make('p', { class: 'hint' }, word('new-order.prices')),
    ],
    submit: word('new-order.submit'),
    request: () => ({ method: 'POST', path, content, title }),
    done: ({ data }) => say(word('new-order.done', { id: data.id })),
  });
}
