// What the desk says, in the language of whoever reads it. The languages are in words-en.js and words-es.js.

import { english } from './words-en.js';
import { spanishProblems } from './problems-es.js';
import { spanish } from './words-es.js';

export const languages = { en: english, es: spanish };
const problems = { en: {}, es: spanishProblems };
const languageItem = 'console.language';

let chosen = initialLanguage();

export function language() { return chosen; }

/** Changes the language of what is made from now on, and of the next visit. */
export function chooseLanguage(name) {
  chosen = Object.hasOwn(languages, name) ? name : 'en';
  try { localStorage.setItem(languageItem, chosen); } catch { /* A browser without storage asks anew. */ }
  document.documentElement.lang = chosen;
}

/** The text for a key, with `{name}` replaced by the value of that name. A key without a text stands between ⟦ and ⟧. */
export function word(key, values = {}) {
  const text = languages[chosen][key];
  if (text === undefined) return `⟦${key}⟧`;
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** A name that the API gives a thing (`CONFIRMED`, `requested`), in words; as it is where there are none. */
export function nameOf(group, name) {
  if (name === null || name === undefined) return '';
  return languages[chosen][`${group}.${name}`] ?? String(name);
}

/** What a problem of this code says in another language than the API's; null where the API's own words are to be shown. */
export function problemText(code) { return problems[chosen][code] ?? null; }

/** Cents as an amount with two decimals; the API knows no currency. Exact up to the largest number of the contract. */
export function amount(cents) {
  const digits = String(Math.abs(cents)).padStart(3, '0');
  const decimal = `${cents < 0 ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
  return new Intl.NumberFormat(chosen, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(decimal);
}

export function number(value, decimals = 0) {
  return new Intl.NumberFormat(chosen, { maximumFractionDigits: decimals }).format(value);
}

export function clock(date) { return new Intl.DateTimeFormat(chosen, { timeStyle: 'medium' }).format(date); }

export function moment(date) {
  return new Intl.DateTimeFormat(chosen, { dateStyle: 'medium', timeStyle: 'medium' }).format(date);
}

function initialLanguage() {
  let kept = null;
  try { kept = localStorage.getItem(languageItem); } catch { /* As at the first visit. */ }
  if (kept !== null && Object.hasOwn(languages, kept)) return kept;
  const wished = navigator.languages.map((tag) => tag.toLowerCase().split('-')[0]);
  return wished.find((name) => Object.hasOwn(languages, name)) ?? 'en';
}
