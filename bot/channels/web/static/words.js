// Turns texts into safe links and moments into Indonesian clock times and days.
// All scripts of this page keep to ES2017: they have to run in the WebView of old Android phones.
const DAY_MS = 86400000;
const JAKARTA_MS = 7 * 3600000; // UTC+7 all year, so no time zone data is needed
const DAYS = 'Minggu Senin Selasa Rabu Kamis Jumat Sabtu'.split(' ');
const MONTHS = 'Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember'.split(' ');

// A full address, or one of the programme's own domains without https://; group 1 is what stands before it.
const LINK = new RegExp(
  '(^|[\\s([{<"\'“‘*:;,])(https?://[^\\s<>"“”]+|' +
  '(?:[a-z0-9-]+\\.)*(?:prakerja|kemnaker)\\.go\\.id(?![\\w@-]|\\.\\w)(?:[/?#][^\\s<>"“”]*)?)', 'gi');

function safeAddress(label) {
  try {
    const url = new URL(/^https?:/i.test(label) ? label : 'https://' + label);
    // A user name before the host, or letters of another alphabet, make a false address look known.
    return url.username || url.password || url.hostname.includes('xn--') ? '' : url.href;
  } catch (error) {
    return '';
  }
}

function withoutTail(label) {
  const clean = label.replace(/[.,;:!?'’*\]}…]+$/, '');
  return clean.endsWith(')') && !clean.includes('(') ? withoutTail(clean.slice(0, -1)) : clean;
}

export function linked(text) {
  const out = document.createDocumentFragment();
  let from = 0;
  LINK.lastIndex = 0;
  for (let found; (found = LINK.exec(text));) {
    const start = found.index + found[1].length;
    const label = withoutTail(found[2]);
    const address = safeAddress(label);
    LINK.lastIndex = start + label.length;
    if (!address) continue;
    const anchor = document.createElement('a');
    anchor.textContent = label;
    anchor.href = address;
    anchor.target = '_blank';
    anchor.rel = 'noopener noreferrer';
    out.append(text.slice(from, start), anchor);
    from = LINK.lastIndex;
  }
  out.append(text.slice(from));
  return out;
}

export function clock(at) {
  return new Date(at + JAKARTA_MS).toISOString().slice(11, 16).replace(':', '.');
}

export function dayOf(at) {
  return Math.floor((at + JAKARTA_MS) / DAY_MS);
}

export function dayName(day) {
  const ago = dayOf(Date.now()) - day;
  if (ago === 0) return 'Hari ini';
  if (ago === 1) return 'Kemarin';
  const date = new Date(day * DAY_MS);
  return DAYS[date.getUTCDay()] + ', ' + date.getUTCDate() + ' ' + MONTHS[date.getUTCMonth()] + ' ' + date.getUTCFullYear();
}
