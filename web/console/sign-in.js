// Asks for the token: once for all calls that wait for one.

import { session } from './api.js';
import { make } from './dom.js';
import { button, field } from './parts.js';
import { word } from './words.js';

let asking = null;

/** True where the person gave a token, which is kept then; false where not. */
export function askForToken(wasRefused) {
  asking ??= new Promise((resolve) => {
    const input = make('input', {
      type: 'password', id: 'token', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off', required: true,
    });
    const token = field(word('token.name'), input, { hint: word('token.hint') });
    const form = make('form', { novalidate: true }, make('h2', { id: 'token-title' }, word('token.title')),
      wasRefused && make('p', { class: 'notice bad', role: 'alert' }, word('token.refused')), token,
      make('div', { class: 'actions end' }, button(word('action.back'), () => dialog.close()),
        make('button', { type: 'submit', class: 'primary' }, word('sign-in'))));
    const dialog = make('dialog', { 'aria-labelledby': 'token-title' }, form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      const text = input.value.trim();
      // What else a header field would not carry.
      if (!/^[!-~]{1,512}$/.test(text)) {
        token.refuse(word('token.malformed'));
        return;
      }
      session.keep(text);
      dialog.returnValue = 'given';
      dialog.close('given');
    });
    dialog.addEventListener('close', () => {
      const isThere = dialog.returnValue === 'given';
      input.value = '';
      dialog.remove();
      asking = null;
      resolve(isThere);
    });
    document.body.append(dialog);
    dialog.showModal();
    input.focus();
  });
  return asking;
}
