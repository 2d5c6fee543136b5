// Changes that a person intends. One intention has one key from its first attempt until its outcome is known, whatever is clicked, lost or
// loaded anew meanwhile: so that it happens once.

import { Failure, change, session } from './api.js';
import { fill, make } from './dom.js';
import { button, leadOf, problemPanel, time } from './parts.js';
import { store } from './store.js';
import { word } from './words.js';

const item = 'console.intentions';
/** More that nobody has settled are not begun. */
const intentionsMax = 20;
/** After this it is asked before a change is sent again: services forget keys, after 72 hours unless they are told otherwise. */
const certainMilliseconds = 3600000;

/** Tells `settled` (with the intention and its data, or null where it was refused or given up) and `changed`. */
export const intentions = new EventTarget();

/** A key of 122 random bits. `crypto.randomUUID` is missing where a page came by plain HTTP from another machine. */
export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** Intentions without an outcome, the oldest first. */
export function unsettled() {
  try {
    return JSON.parse(store.getItem(item) ?? '[]');
  } catch {
    return [];
  }
}

function keep(list) {
  store.setItem(item, JSON.stringify(list));
  intentions.dispatchEvent(new Event('changed'));
}

function settle(intention, data) {
  keep(unsettled().filter((one) => one.key !== intention.key));
  intentions.dispatchEvent(new CustomEvent('settled', { detail: { intention, data } }));
}

/** Whether a repetition might be taken for something new: its caller or its age is another than the key's. */
export function isRisky(intention) {
  return intention.isUncertain
    && (intention.tokenCount !== session.tokenCount || Date.now() - intention.madeAt > certainMilliseconds);
}

/** The person has looked, and it is to be forgotten. */
export function giveUp(intention) { settle(intention, null); }

/**
 * What somebody wants: `method`, `path`, `content` (an object, or nothing), and `title`, which says it to people. Whoever wants what is
 * open already means that.
 */
export function intend({ method, path, content, title }) {
  const body = content === undefined ? null : JSON.stringify(content);
  const open = unsettled().find((one) => one.method === method && one.path === path && one.body === body);
  if (open) return open;
  const key = newKey();
  return {
    key, correlationID: `desk-${key}`, method, path, title, body, madeAt: Date.now(), tokenCount: session.tokenCount, isUncertain: false,
  };
}

const underWay = new Set();
// What was under way when the page was left has an outcome that nobody here knows.
keep(unsettled().map((one) => ({ ...one, isUncertain: true })));

/**
 * Sends an intention once; it is kept from before that until its outcome is known. Throws a `Failure` with an `outcome`: `refused` for good;
 * `not-done`, and the same intention may be sent again; or `unknown`, and it is to be sent again.
 */
export async function attempt(intention) {
  const known = unsettled();
  if (!known.some((one) => one.key === intention.key)) {
    if (known.length >= intentionsMax) throw Object.assign(new Failure('too-many-open'), { outcome: 'refused' });
    intention.tokenCount = session.tokenCount;
    keep([...known, intention]);
  }
  underWay.add(intention.key);
  intentions.dispatchEvent(new Event('changed'));
  try {
    const { data, isReplay } = await change(intention, () => !intention.isUncertain);
    settle(intention, data);
    return { data, isReplay };
  } catch (failure) {
    failure.outcome = failure.isRefusal ? 'refused' : failure.isNotDone && !intention.isUncertain ? 'not-done' : 'unknown';
    if (failure.outcome !== 'unknown') {
      settle(intention, null);
    } else {
      if (!intention.isUncertain) intention.tokenCount = session.tokenCount;
      intention.isUncertain = true;
      keep(unsettled().map((one) => (one.key === intention.key ? intention : one)));
    }
    throw failure;
  } finally {
    underWay.delete(intention.key);
    intentions.dispatchEvent(new Event('changed'));
  }
}

/** What is said of a change that failed: whether it is known not to have happened, and what to do. */
export function outcomePanel(failure, intention) {
  if (failure.kind === 'too-many-open') return problemPanel(failure, { lead: word('change.too-many', { count: intentionsMax }) });
  if (failure.outcome === 'refused') return problemPanel(failure);
  const text = failure.outcome === 'not-done' ? 'change.not-done' : isRisky(intention) ? 'change.risky' : 'change.uncertain';
  return problemPanel(failure, { lead: `${leadOf(failure)} ${word(text)}` });
}

/**
 * A dialog for one change. `request()` gives what `intend` takes, or nothing where a field says what is wrong; `body` is what the dialog
 * shows. Until it is done or refused its fields cannot be edited: the same key is for the same change.
 */
export function askForChange({ title, body, submit, tone = 'plain', request, done }) {
  let intention = null;
  let isBusy = false;
  const outcome = make('div', { 'aria-live': 'polite' });
  const fields = make('fieldset', { class: 'plain' }, body);
  const close = button(word('action.back'), () => dialog.close());
  const go = make('button', { type: 'submit', class: tone === 'danger' ? 'danger' : 'primary' }, submit);
  const form = make('form', { novalidate: true }, make('h2', { id: 'change-title' }, title), fields, outcome,
    make('div', { class: 'actions end' }, close, go));
  const dialog = make('dialog', { 'aria-labelledby': 'change-title' }, form);
  const show = () => {
    fields.disabled = isBusy || intention !== null;
    close.disabled = isBusy;
    go.disabled = isBusy;
    form.setAttribute('aria-busy', String(isBusy));
    go.textContent = isBusy ? word('change.sending') : intention ? word('change.again') : submit;
    close.textContent = intention?.isUncertain && !isBusy ? word('change.later') : word('action.back');
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (isBusy) return;
    if (!intention) {
      const wished = request();
      if (!wished) return;
      intention = intend(wished);
      if (isRisky(intention)) {
        fill(outcome, make('p', { class: 'notice open' }, word('change.risky')));
        show();
        return;
      }
    }
    isBusy = true;
    fill(outcome);
    show();
    try {
      const answer = await attempt(intention);
      isBusy = false;
      dialog.close();
      done(answer);
    } catch (failure) {
      isBusy = false;
      const failed = intention;
      if (failure.outcome === 'refused') intention = null;
      fill(outcome, outcomePanel(failure, failed));
      show();
      if (!go.disabled) go.focus();
    }
  });
  dialog.addEventListener('cancel', (event) => { if (isBusy) event.preventDefault(); });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  (fields.querySelector('input, select') ?? go).focus();
}

function askBeforeForgetting(intention) {
  const form = make('form', {}, make('h2', { id: 'forget-title' }, word('forget.title')),
    make('p', {}, make('strong', {}, intention.title)), make('p', {}, word('forget.text')),
    make('div', { class: 'actions end' }, button(word('action.back'), () => dialog.close()),
      make('button', { type: 'submit', class: 'danger' }, word('change.give-up'))));
  const dialog = make('dialog', { 'aria-labelledby': 'forget-title' }, form);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    dialog.close();
    giveUp(intention);
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

/** The list of changes whose outcome is open, and what draws it anew. `lookUp(intention)` gives a link, or nothing. */
export function openChanges({ lookUp, say }) {
  const node = make('div', {});
  const problems = new Map();
  const sendAgain = async (intention) => {
    if (underWay.has(intention.key)) return;
    problems.delete(intention.key);
    try {
      await attempt(intention);
      say(word('change.done', { title: intention.title }));
    } catch (failure) {
      problems.set(intention.key, outcomePanel(failure, intention));
      draw();
    }
  };
  const draw = () => {
    // What a dialog shows is not told twice.
    const shown = document.querySelector('dialog[open]') ? [] : unsettled().filter((one) => one.isUncertain);
    fill(node, shown.map((one) => make('section', { class: 'notice open', 'aria-label': word('change.open') },
      make('p', { class: 'lead' }, word('change.open'), ' ', make('strong', {}, one.title), ' · ',
        time(new Date(one.madeAt).toISOString())),
      make('p', {}, word(isRisky(one) ? 'change.risky' : 'change.uncertain'), ' ', word('change.key'), ' ', make('code', {}, one.key)),
      problems.get(one.key),
      make('div', { class: 'actions' },
        button(underWay.has(one.key) ? word('change.sending') : word('change.again'), () => sendAgain(one),
          { class: 'primary', disabled: underWay.has(one.key), id: `again-${one.key}` }),
        lookUp(one),
        button(word('change.give-up'), () => askBeforeForgetting(one), { disabled: underWay.has(one.key) })))));
  };
  intentions.addEventListener('changed', draw);
  // Dialogs tell of it by closing.
  document.addEventListener('close', draw, true);
  return { node, draw };
}
