// The panel of faults: sets rules for the fake platform, shows those in force and what went to the webhook.
import { get, post } from './api.js';
import { element } from './bubbles.js';
import { conditionNames, faultNames, faults, says } from './words.js';

const SHOWN = 12;
const EVERY_MILLISECONDS = 2000;
const at = (id) => document.getElementById(id);

function fill(target, lines) {
  const none = element('li', { className: 'none', textContent: says.nothing });
  at(target).replaceChildren(...(lines.length ? lines : [none]));
}

function rule({ action, ...conditions }) {
  const told = Object.entries(conditions).map(([name, value]) => conditionNames[name]?.(value) ?? value);
  const name = element('span', { textContent: faultNames[action.kind] ?? action.kind });
  return element('li', {}, name, element('span', { textContent: told.join(', ') }));
}

function delivery({ kind, person, status, attempt, error }) {
  const good = status >= 200 && status < 300;
  const result = element('span', { textContent: status || says.noAnswer, className: good ? '' : 'bad', title: error || '' });
  return element('li', {}, element('span', { textContent: `${kind} · ${person} · ke-${attempt}` }), result);
}

const show = (plan) => fill('rules', plan.rules.map(rule));

async function refresh() {
  if (document.hidden) return;
  try {
    show(await get('faults'));
    const { deliveries } = await get('deliveries');
    fill('deliveries', deliveries.slice(-SHOWN).reverse().map(delivery));
  } catch {
    // The conversation above already says that the server does not answer.
  }
}

export function openPanel(trouble) {
  const set = (body) => async () => {
    try {
      show(await post('faults', body));
    } catch (error) {
      trouble(error.message);
    }
  };
  for (const [textContent, one] of faults) {
    at('fault-buttons').append(element('button', { type: 'button', textContent, onclick: set({ rules: [one] }) }));
  }
  const clear = { type: 'button', className: 'clear', textContent: says.clear, onclick: set({ rules: [], clear: true }) };
  at('fault-buttons').append(element('button', clear));
  at('faults-open').onclick = () => {
    at('faults-open').setAttribute('aria-expanded', String(at('panel').classList.toggle('open')));
  };
  refresh();
  setInterval(refresh, EVERY_MILLISECONDS);
}
