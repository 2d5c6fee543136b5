// Products: what there is, what is running low, and the ledger of one.

import { read } from './api.js';
import { askForChange } from './changes.js';
import { fill, keepingFocus, make } from './dom.js';
import { Table, button, chips, facts, field, link, loading, pager, tag, time, wholeNumber } from './parts.js';
import { amount, nameOf, number, word } from './words.js';

const rowsMax = 25;
/** Up to so many pieces are called low where nobody says otherwise. */
const lowStock = 10;
const reasons = ['RECEIPT', 'COUNT', 'DAMAGE', 'RETURN', 'CORRECTION'];
const deltaMax = 1000000000;

export function catalogueView({ parameters, say, refresh }) {
  const search = parameters.get('search') ?? '';
  const atMost = wholeNumber(parameters.get('stock_at_most') ?? '', 0);
  const isActive = ['true', 'false'].includes(parameters.get('is_active')) ? parameters.get('is_active') : '';
  const cursor = parameters.get('cursor');
  const hash = (changes) => {
    const all = { search, stock_at_most: atMost, is_active: isActive, ...changes };
    const filled = Object.entries(all).filter(([, value]) => value !== '' && value !== null);
    return `#/catalogue${filled.length ? `?${new URLSearchParams(filled)}` : ''}`;
  };
  const table = new Table(word('nav.catalogue'), [
    { name: word('product.name'), cell: (product) => link(`#/catalogue/${product.id}`, product.name) },
    { name: word('product.stock'), cell: (product) => [stockTag(product, atMost ?? lowStock), ' ', number(product.stock)], class: 'number' },
    { name: word('product.sku'), cell: (product) => make('code', {}, product.sku) },
    { name: word('product.price'), cell: (product) => amount(product.price_cents), class: 'number' },
    { name: word('product.sold'), cell: saleTag },
    { name: word('table.actions'), class: 'end', cell: (product) => adjustButton(product, say, refresh) },
  ], { empty: word('catalogue.none'), kind: 'pairs' });
  const results = make('div', {}, loading());
  const pages = make('div', {});
  return {
    heading: word('nav.catalogue'),
    element: make('div', {}, searchForm(search, atMost, (words, most) => { location.hash = hash({ search: words, stock_at_most: most }); }),
      chips(word('catalogue.which'), `${isActive}/${atMost ?? ''}`, [
        [`/`, word('all'), hash({ is_active: '', stock_at_most: '' })],
        [`/${lowStock}`, word('catalogue.low', { most: lowStock }), hash({ is_active: '', stock_at_most: lowStock })],
        [`/0`, word('catalogue.none-left'), hash({ is_active: '', stock_at_most: 0 })],
        [`false/`, word('catalogue.not-sold'), hash({ is_active: 'false', stock_at_most: '' })],
      ]),
      results, pages),
    seconds: cursor ? null : 15,
    load: async (signal) => {
      const page = await read('/admin/products/find-all', {
        query: { search, is_active: isActive, stock_at_most: atMost, limit: rowsMax, cursor }, signal,
      });
      table.update(page.data);
      if (results.firstChild !== table.element) fill(results, table.element);
      keepingFocus(pages, () => fill(pages, pager(page.meta, cursor, (next) => { location.hash = hash({ cursor: next ?? '' }); })));
    },
  };
}

function searchForm(search, atMost, find) {
  const words = make('input', { id: 'catalogue-search', type: 'search', value: search, maxlength: 120, autocomplete: 'off' });
  const most = make('input', {
    id: 'stock-at-most', type: 'text', inputmode: 'numeric', value: atMost ?? '', maxlength: 10, autocomplete: 'off', class: 'short',
  });
  const mostField = field(word('catalogue.at-most'), most);
  return make('form', { class: 'toolbar', role: 'search', novalidate: true, on: { submit: (event) => {
    event.preventDefault();
    const limit = most.value.trim() === '' ? '' : wholeNumber(most.value, 0, deltaMax);
    if (limit === null) return mostField.refuse(word('wrong.count'));
    mostField.refuse('');
    return find(words.value.trim(), limit);
  } } }, field(word('catalogue.search'), words, { hint: word('catalogue.search.hint'), kind: 'wide' }), mostField,
    button(word('search'), () => {}, { type: 'submit', id: 'catalogue-go' }));
}

function stockTag(product, most) {
  if (product.stock === 0) return tag(word('catalogue.none-left'), 'bad');
  return product.stock <= most ? tag(word('catalogue.is-low'), 'open') : null;
}

function saleTag(product) { return product.is_active ? tag(word('product.sold.yes'), 'good') : tag(word('product.sold.no'), 'off'); }

export function productView({ id, parameters, say, refresh }) {
  const cursor = parameters.get('cursor');
  const summary = make('section', { class: 'panel' });
  const element = make('div', {}, loading());
  const actions = make('div', { class: 'actions' });
  const pages = make('div', {});
  const table = new Table(word('product.ledger'), [
    { name: word('ledger.when'), cell: (entry) => time(entry.created_at) },
    { name: word('ledger.delta'), cell: (entry) => signed(entry.delta), class: 'number' },
    { name: word('ledger.reason'), cell: (entry) => nameOf('reason', entry.reason) },
    { name: word('ledger.note'), cell: (entry) => entry.note ?? '–' },
  ]);
  let says = '';
  return {
    heading: word('product.heading', { id }),
    actions,
    element,
    seconds: cursor ? null : 15,
    load: async (signal) => {
      const number = encodeURIComponent(id);
      const [product, ledger] = await Promise.all([
        read(`/admin/products/find-one/${number}`, { signal }),
        read(`/admin/products/${number}/stock-adjustments`, { query: { limit: rowsMax, cursor }, signal }),
      ]);
      table.update(ledger.data);
      keepingFocus(pages, () => fill(pages, pager(ledger.meta, cursor, (next) => {
        location.hash = `#/catalogue/${number}${next ? `?${new URLSearchParams({ cursor: next })}` : ''}`;
      })));
      const now = JSON.stringify(product);
      if (now === says) return;
      says = now;
      keepingFocus(actions, () => fill(actions, adjustButton(product.data, say, refresh, 'primary')));
      fill(summary, productFacts(product.data));
      if (element.firstChild !== summary) fill(element, summary, make('h2', {}, word('product.ledger')), table.element, pages);
    },
  };
}

function productFacts(product) {
  return [make('p', { class: 'states' }, make('strong', { class: 'name' }, product.name), saleTag(product), stockTag(product, lowStock)),
    product.description && make('p', {}, product.description),
    facts([
      [word('product.sku'), make('code', {}, product.sku)], [word('product.price'), amount(product.price_cents)],
      [word('product.stock'), number(product.stock)], [word('product.changed'), time(product.updated_at)],
    ])];
}

function adjustButton(product, say, refresh, kind = 'quiet') {
  return button(word('adjust.submit'), () => adjust(product, say, refresh), {
    class: kind, id: `adjust-${product.id}`, 'aria-label': word('adjust.title', { name: product.name }),
  });
}

function signed(delta) { return `${delta > 0 ? '+' : ''}${number(delta)}`; }

function adjust(product, say, refresh) {
  const delta = make('input', { id: 'delta', type: 'text', maxlength: 11, autocomplete: 'off', class: 'short' });
  const reason = make('select', { id: 'reason' }, reasons.map((name) => make('option', { value: name }, nameOf('reason', name))));
  const note = make('input', { id: 'note', type: 'text', maxlength: 255, autocomplete: 'off' });
  const deltaField = field(word('adjust.delta'), delta, { hint: word('adjust.delta.hint') });
  const title = word('adjust.title', { name: product.name });
  askForChange({
    title,
    body: [facts([[word('product.stock'), number(product.stock)], [word('product.sku'), make('code', {}, product.sku)]]),
      deltaField, field(word('ledger.reason'), reason), field(word('adjust.note'), note)],
    submit: word('adjust.submit'),
    request: () => {
      const value = wholeNumber(delta.value.replace(/^\s*\+/, ''), -deltaMax, deltaMax);
      deltaField.refuse(value === null ? word('wrong.delta') : '');
      if (value === null) return null;
      const content = { delta: value, reason: reason.value, note: note.value.trim() || null };
      return { method: 'POST', path: `/admin/products/${product.id}/adjust-stock`, content, title: `${title}: ${signed(value)}` };
    },
    done: ({ data }) => {
      say(word('adjust.done', { name: product.name, stock: data.stock === undefined ? '' : number(data.stock) }));
      refresh();
    },
  });
}
