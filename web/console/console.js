// The desk: its frame, which view is shown, and how it is kept up to date.

import { Failure, read, session } from './api.js';
import { openChanges, intentions } from './changes.js';
import { fill, make } from './dom.js';
import { button, link, problemPanel } from './parts.js';
import { askForToken } from './sign-in.js';
import { chooseLanguage, clock, language, languages, word } from './words.js';
import { catalogueView, productView } from './catalogue.js';
import { deliveriesView, deliveryView } from './deliveries.js';
import { healthView } from './health.js';
import { newOrderView } from './new-order.js';
import { orderView } from './order.js';
import { ordersView } from './orders.js';
import { sagasView } from './sagas.js';

/** What the paths behind the # lead to; a number in the path is what the view is of. */
const views = {
  orders: ordersView, 'orders/:id': orderView, 'new-order': newOrderView, catalogue: catalogueView, 'catalogue/:id': productView,
  sagas: sagasView, deliveries: deliveriesView, 'deliveries/:id': deliveryView, health: healthView,
};
/** Which service serves which views; those of the other one are there where both have one address. */
const entries = [
  ['orders', 'orders-api'], ['new-order', 'orders-api'], ['catalogue', 'orders-api'], ['sagas', 'orders-api'],
  ['deliveries', 'notifier'], ['health', null],
];
/** After a failure the next refresh comes after twice the pause, up to this. */
const pauseSecondsMax = 60;
const messageMilliseconds = 8000;
const serviceMilliseconds = 2000;
/** What waits for somebody at each service: where it is counted, and beside which entry the number stands. Up to so many, and so often. */
const attentions = { 'orders-api': ['sagas', '/admin/sagas/find-all'], notifier: ['deliveries', '/admin/deliveries/find-all'] };
const attentionMax = 99;
const attentionSeconds = 30;

const header = make('header', { class: 'top' });
const message = make('p', { class: 'message', role: 'status', 'aria-live': 'polite' });
const open = openChanges({ lookUp, say });
const notice = make('div', {});
const main = make('main', { id: 'main', tabindex: '-1' });
const skip = make('a', { class: 'skip', href: '#main' });

let service = null;
let isLive = true;
let attention = 0;
let shown = null; // The view, and what ends its refreshes.

export function say(text) {
  message.textContent = text;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => { message.textContent = ''; }, messageMilliseconds);
}

async function start() {
  chooseLanguage(language());
  session.ask = async (wasRefused) => {
    const isThere = await askForToken(wasRefused);
    drawHeader();
    return isThere;
  };
  document.body.append(skip, header, make('div', { class: 'page' }, message, open.node, notice, main));
  skip.addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
  });
  intentions.addEventListener('settled', ({ detail }) => { if (detail.data) refreshNow(); });
  document.addEventListener('visibilitychange', () => { if (!document.hidden && isLive) refreshNow(); });
  window.addEventListener('hashchange', route);
  drawHeader();
  // Where nothing says where to begin, the service does.
  const found = findService();
  if (!location.hash) await Promise.race([found, new Promise((resolve) => setTimeout(resolve, serviceMilliseconds))]);
  drawAll();
  setInterval(countAttention, attentionSeconds * 1000);
}

/** Counts what waits for somebody, once a view has been shown: nobody is asked for a token for this. No number is shown while it fails. */
async function countAttention() {
  const [, path] = attentions[service?.name] ?? [];
  if (!path || !shown?.at || !isLive || document.hidden || document.querySelector('dialog[open]')) return;
  let count = 0;
  try {
    count = (await read(path, { query: { state: 'DEAD', limit: attentionMax + 1 } })).data.length;
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
  }
  if (count === attention) return;
  attention = count;
  drawHeader();
}

function drawAll() {
  drawHeader();
  skip.textContent = word('skip');
  open.draw();
  route();
}

/** Says at which service's desk this is. */
async function findService() {
  try {
    service = await read('/');
  } catch {
    // The view says why nothing answers.
    return;
  }
  drawHeader();
}

function drawHeader() {
  const { name } = parsedHash();
  const choice = make('select', { id: 'language', 'aria-label': word('language'), on: { change: () => {
    chooseLanguage(choice.value);
    drawAll();
    document.getElementById('language').focus();
  } } }, Object.keys(languages).map((code) =>
    make('option', { value: code, lang: code, selected: code === language() }, languages[code]['language.name'])));
  const focused = document.activeElement?.id;
  fill(header,
    make('div', { class: 'brand' }, make('strong', {}, word('desk')),
      service && make('span', { class: 'service' }, `${service.name} ${service.version}`)),
    make('nav', { 'aria-label': word('nav.label'), class: 'views' }, entries.map(([view, owner]) =>
      make('a', {
        href: `#/${view}`, id: `nav-${view}`, class: owner && service && owner !== service.name ? 'elsewhere' : null,
        'aria-current': name.split('/')[0] === view ? 'page' : null,
        ...(attends(view) ? { 'aria-label': word('nav.attention', { name: word(`nav.${view}`), count: attentionText() }) } : {}),
      }, word(`nav.${view}`), attends(view) && make('span', { class: 'count' }, attentionText())))),
    make('div', { class: 'tools' },
      make('button', { type: 'button', id: 'live', 'aria-pressed': String(isLive), class: 'quiet', on: { click: () => {
        isLive = !isLive;
        drawHeader();
        if (isLive) refreshNow();
      } } }, word(isLive ? 'live.on' : 'live.off')),
      choice,
      session.token !== null && button(word('sign-out'), () => {
        session.forget();
        location.reload();
      }, { class: 'quiet', id: 'sign-out' })));
  if (focused && header.contains(document.getElementById(focused))) document.getElementById(focused).focus();
}

function attends(view) { return attention > 0 && attentions[service?.name]?.[0] === view; }

function attentionText() { return attention > attentionMax ? `${attentionMax}+` : String(attention); }

/** `#/orders?status=CREATED` as a name in `views`, an id and parameters. */
function parsedHash() {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [first, id] = (path || (service?.name === 'notifier' ? 'deliveries' : 'orders')).split('/');
  const name = id === undefined ? first : `${first}/:id`;
  return { name: Object.hasOwn(views, name) ? name : 'orders', id, parameters: new URLSearchParams(query ?? '') };
}

function route() {
  const { name, id, parameters } = parsedHash();
  const isSame = shown?.name === name && shown.id === id;
  const focused = document.activeElement?.id;
  shown?.stop.abort();
  shown?.view.end?.();
  clearTimeout(shown?.timer);
  const view = views[name]({ id, parameters, say, refresh: refreshNow });
  const heading = make('h1', { tabindex: '-1' }, view.heading);
  fill(main, make('div', { class: 'title' }, heading, view.actions ?? null), view.element);
  fill(notice);
  document.title = `${view.heading} · ${word('desk')}`;
  const isFirst = shown === null;
  shown = { name, id, view, stop: new AbortController(), pause: view.seconds, timer: null };
  drawHeader();
  // Whoever goes on to another view reads it from its heading; whoever chose something inside it stays there.
  const stay = isSame && focused ? document.getElementById(focused) : null;
  if (stay) stay.focus();
  else if (!isFirst && !document.querySelector('dialog[open]')) heading.focus();
  if (view.load) refreshNow();
}

/** Loads what the view shows, now, and from then on in its turn while somebody can see it. */
async function refreshNow() {
  const current = shown;
  if (!current?.view.load) return;
  clearTimeout(current.timer);
  if (current.isLoading) {
    current.isStale = true;
    return;
  }
  current.isLoading = true;
  current.isStale = false;
  try {
    await current.view.load(current.stop.signal);
    if (current !== shown) return;
    const isFirst = !current.at;
    current.at = new Date();
    if (isFirst) countAttention();
    current.pause = current.view.seconds;
    fill(notice);
  } catch (failure) {
    if (current !== shown || current.stop.signal.aborted) return;
    current.pause = Math.min((current.pause ?? 5) * 2, pauseSecondsMax);
    if (!(failure instanceof Failure)) reportError(failure);
    showFailure(failure instanceof Failure ? failure : new Failure('unreadable'), current);
    // Nobody is asked for a token over and over.
    if (failure.kind === 'unauthorized') return;
  } finally {
    current.isLoading = false;
  }
  if (current.isStale) refreshNow();
  else schedule(current);
}

function schedule(current) {
  if (!current.view.seconds) return;
  current.timer = setTimeout(() => {
    // Nobody's place in a dialog is taken away, and a hidden tab asks for nothing.
    if (!isLive || document.hidden || document.querySelector('dialog[open]')) schedule(current);
    else refreshNow();
  }, current.pause * 1000);
}

function showFailure(failure, current) {
  for (const node of main.querySelectorAll('.loading')) node.remove();
  const again = button(word('action.try-again'), () => {
    fill(notice);
    refreshNow();
  }, { class: 'primary' });
  if (failure.problem.code === 'route-not-found') {
    fill(notice);
    fill(current.view.element, make('p', { class: 'notice open', role: 'alert' }, word('elsewhere')));
    current.view.seconds = null;
    return;
  }
  fill(notice, problemPanel(failure, { actions: [failure.kind === 'unauthorized' ? button(word('sign-in'), () => {
    fill(notice);
    refreshNow();
  }, { class: 'primary' }) : again] }));
  notice.firstChild.append(make('p', { class: 'hint' },
    current.at ? word('shown.as-of', { time: clock(current.at) }) : '', ' ',
    current.view.seconds && isLive && failure.kind !== 'unauthorized' ? word('shown.next', { seconds: current.pause }) : ''));
}

/** Where to see whether a change was made. */
function lookUp(intention) {
  if (intention.path === '/admin/orders/create-order') {
    return link(`#/orders?${new URLSearchParams({ idempotency_key: intention.key })}`, word('change.look-up'));
  }
  const [, order] = intention.path.match(/^\/admin\/orders\/([0-9]+)\//) ?? [];
  if (order) return link(`#/orders/${order}`, word('change.look-up'));
  const [, product] = intention.path.match(/^\/admin\/products\/([0-9]+)\//) ?? [];
  return product ? link(`#/catalogue/${product}`, word('change.look-up')) : null;
}

start();
