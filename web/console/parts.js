// What views are made of: tables, states, times, problems.

import { fill, keepingFocus, make } from './dom.js';
import { moment, nameOf, problemText, word } from './words.js';

const tones = {
  CREATED: 'work', PENDING: 'work', STOCK_RESERVED: 'work', PAID: 'work', CONFIRMED: 'good', CANCELED: 'off', REJECTED: 'bad',
  RUNNING: 'work', DEAD: 'bad', DELIVERED: 'good', DISCARDED: 'off', ACTIVE: 'good', DISABLED: 'bad', INACTIVE: 'off',
  pass: 'good', fail: 'bad', closed: 'good', open: 'bad', 'half-open': 'open',
};

/** A state, as text on a colour of its kind. */
export function badge(state) { return tag(nameOf('state', state), tones[state] ?? 'off'); }

/** `tone`: good, open, work, bad or off. */
export function tag(text, tone) { return make('span', { class: `badge ${tone}` }, text); }

/** A time of the API; nothing for null. */
export function time(text) {
  if (!text) return '–';
  return make('time', { datetime: text, title: text }, moment(new Date(text)));
}

export function link(hash, ...children) { return make('a', { href: hash }, ...children); }

export function button(text, action, properties = {}) {
  return make('button', { type: 'button', ...properties, on: { click: action } }, text);
}

export function orderLink(id) {
  return id === null ? '–' : link(`#/orders/${id}`, make('strong', {}, `#${id}`));
}

/** Terms and what they are, in pairs; a pair with null is left out. */
export function facts(pairs) {
  return make('dl', { class: 'facts' }, pairs.filter((pair) => pair && pair[1] !== null && pair[1] !== undefined)
    .map(([name, value]) => make('div', {}, make('dt', {}, name), make('dd', {}, value))));
}

/**
 * A table that can be given other rows. Rows that say the same as before stay what they are, so that nobody loses a place or the focus.
 * `columns`: `name`, `cell(item)`, and `class`. What is new is marked for a moment, unless the table `isCalm`. On a narrow screen each row is a card, with the columns' names beside the values; of the
 * `kind` `pairs` two values stand in a line.
 */
export class Table {
  constructor(caption, columns, { empty, key = (item) => item.id, isCalm = false, kind = '' } = {}) {
    this.isCalm = isCalm;
    this.columns = columns;
    this.key = key;
    this.rows = new Map();
    this.body = make('tbody', { role: 'rowgroup' });
    this.empty = make('p', { class: 'empty', hidden: true }, empty ?? word('table.empty'));
    this.table = make('table', { role: 'table' },
      make('caption', { class: 'unseen' }, caption),
      make('thead', { role: 'rowgroup' }, make('tr', { role: 'row' }, columns.map((column) =>
        make('th', { scope: 'col', role: 'columnheader', class: column.class }, column.name)))),
      this.body);
    this.element = make('div', { class: `panel rows ${kind}` }, this.table, this.empty);
    this.isFirst = true;
  }

  update(items) {
    keepingFocus(this.body, () => {
      const rows = new Map();
      for (const item of items) {
        const key = this.key(item);
        const says = JSON.stringify(item);
        const known = this.rows.get(key);
        rows.set(key, known?.says === says ? known : { says, node: this.row(item, this.isFirst || this.isCalm ? null : 'fresh') });
      }
      this.rows = rows;
      const nodes = [...rows.values()].map((row) => row.node);
      if (nodes.length !== this.body.children.length || nodes.some((node, place) => this.body.children[place] !== node)) {
        fill(this.body, nodes);
      }
    });
    this.isFirst = false;
    this.table.hidden = items.length === 0;
    this.empty.hidden = items.length > 0;
  }

  row(item, state) {
    return make('tr', { role: 'row', class: state }, this.columns.map((column) =>
      make('td', { role: 'cell', class: column.class, data: { label: column.name } }, make('div', {}, column.cell(item)))));
  }
}

/** The places of a page in its list. `meta` as the API gives it; `go(cursor)` with null for the first page. */
export function pager(meta, cursor, go) {
  if (!cursor && !meta.has_next) return null;
  return make('nav', { class: 'pager', 'aria-label': word('pager.label') },
    button(word('pager.first'), () => go(null), { id: 'pager-first', disabled: !cursor }),
    button(word('pager.next'), () => go(meta.next_cursor), { id: 'pager-next', disabled: !meta.has_next }));
}

/** Why something failed, in words for a person and in those by which others find the rest: code and trace. */
export function problemPanel(failure, { lead, actions = [] } = {}) {
  const { problem } = failure;
  const said = problemText(problem.code);
  const known = problem.code ?? (failure.status ? `HTTP ${failure.status}` : null);
  return make('div', { class: 'notice bad', role: 'alert' },
    make('p', { class: 'lead' }, lead ?? leadOf(failure)),
    problem.title && make('p', {}, make('strong', { lang: said ? null : 'en' }, said ?? problem.title),
      ' ', make('span', { lang: 'en' }, problem.detail ?? '')),
    problem.errors && make('ul', { lang: 'en' }, problem.errors.map((one) => make('li', {}, one.detail))),
    problem.products && make('ul', {}, problem.products.map((one) =>
      make('li', {}, word('problem.shortage', { product: one.product_id, requested: one.requested, available: one.available })))),
    (known || problem.trace_id) && facts([
      [word('problem.code'), known && make('code', {}, known)],
      [word('problem.trace'), problem.trace_id ? make('code', {}, problem.trace_id) : null],
    ]),
    actions.length > 0 && make('div', { class: 'actions' }, actions));
}

export function leadOf(failure) {
  if (failure.kind === 'problem') return word(failure.isRefusal ? 'problem.refused' : 'problem.unable');
  return word(`problem.${failure.kind}`);
}

/** Chips that lead to the same view with other parameters; the one for `chosen` is marked. */
export function chips(label, chosen, entries) {
  return make('nav', { class: 'chips', 'aria-label': label }, entries.map(([value, text, hash]) =>
    make('a', { href: hash, id: `chip-${value || 'all'}`, 'aria-current': value === chosen ? 'true' : null }, text)));
}

/** A field with its name above it and room for what is wrong with it, which `refuse(text)` says. A `kind` of `wide` takes what room there is. */
export function field(name, input, { hint, kind = '' } = {}) {
  const wrong = make('span', { class: 'wrong', id: `${input.id}-wrong` });
  const hintNode = hint && make('span', { class: 'hint', id: `${input.id}-hint` }, hint);
  input.setAttribute('aria-describedby', [hintNode?.id, wrong.id].filter(Boolean).join(' '));
  const node = make('div', { class: `field ${kind}` }, make('label', { for: input.id }, name), input, hintNode, wrong);
  node.refuse = (text) => {
    wrong.textContent = text ?? '';
    input.setAttribute('aria-invalid', text ? 'true' : 'false');
    if (text) input.focus();
  };
  return node;
}

/** A whole number from `least` to `most` that a person typed; null where it is none. */
export function wholeNumber(text, least, most = Number.MAX_SAFE_INTEGER) {
  const trimmed = text.trim();
  if (!/^-?[0-9]{1,16}$/.test(trimmed)) return null;
  const value = Number(trimmed);
  return value >= least && value <= most ? value : null;
}

export function loading() { return make('p', { class: 'loading', role: 'status' }, word('loading')); }
