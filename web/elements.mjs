// Creates elements.
export const $ = (id) => document.getElementById(id);

export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.includes('-')) element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children);
  return element;
}

// One of two icons in a button. Both stand in the document: an address that is set later is fetched again, from a server that
// may be gone by then.
export function showIcon(shown, other) {
  $(shown).toggleAttribute('hidden', false);
  $(other).toggleAttribute('hidden', true);
}

const svg = 'http://www.w3.org/2000/svg';
export function icon(name) {
  const element = document.createElementNS(svg, 'svg');
  element.setAttribute('class', 'icon');
  element.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(svg, 'use');
  use.setAttribute('href', `web/icons.svg#${name}`);
  element.append(use);
  return element;
}

export const button = (name, label, properties, onclick) => make('button',
  { type: 'button', title: label, onclick, ...properties }, icon(name), make('span', { className: 'hidden-text' }, label));
