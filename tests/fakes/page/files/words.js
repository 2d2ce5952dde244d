// Every Indonesian word of the page that does not stand in index.html.

export const kinds = {
  photo: 'Foto', sticker: 'Stiker', voice: 'Pesan suara', location: 'Lokasi', contact: 'Kartu kontak', template: 'Templat',
};

export const states = {
  edited: 'diubah', deleted: 'dihapus', sent: 'terkirim', delivered: 'sampai', read: 'dibaca', failed: 'gagal',
};

export const attachments = [
  ['photo', 'Foto', () => ({ caption: '' })],
  ['album', 'Album 3 foto', () => ({ count: 3, caption: '' })],
  ['sticker', 'Stiker', () => ({})],
  ['voice', 'Pesan suara', () => ({})],
  ['location', 'Lokasi', () => ({})],
  ['contact', 'Kartu kontak teman', () => ({ own: false })],
  ['block', 'Blokir bot', () => ({})],
];

export const faults = [
  ['Putus 30 detik', { action: { kind: 'refuse' }, seconds: 30 }],
  ['Terlalu sering (429), sekali', { action: { kind: 'rate_limited', retry_after: 5 }, times: 1 }],
  ['Ditolak: diblokir, sekali', { action: { kind: 'blocked' }, times: 1 }],
  ['Galat server (502), sekali', { action: { kind: 'server_error', status: 502 }, times: 1 }],
  ['Jawaban hilang, pesan sampai, sekali', { action: { kind: 'timeout_after_taken', seconds: 3 }, times: 1 }],
  ['Lambat 5 detik selama 1 menit', { action: { kind: 'slow', seconds: 5 }, seconds: 60 }],
  ['Pesan berikut datang dua kali', { action: { kind: 'duplicate', after: 1 }, times: 1 }],
];

export const faultNames = {
  refuse: 'Putus', rate_limited: 'Terlalu sering', blocked: 'Diblokir', bad_request: 'Ditolak', server_error: 'Galat server',
  timeout_after_taken: 'Jawaban hilang', slow: 'Lambat', duplicate: 'Kembar', reorder: 'Urutan terbalik', batch: 'Digabung',
  status_before_answer: 'Laporan mendahului', no_phone_number: 'Tanpa nomor',
};

export const conditionNames = {
  seconds: (value) => `selama ${value} detik`, times: (value) => `${value} kali`, nth: (value) => `yang ke-${value}`,
  after: (value) => `mulai ${value} detik lagi`, share: (value) => `${Math.round(value * 100)}%`,
};

export const says = {
  writes: 'sedang mengetik…',
  away: 'Server tiruan tidak menjawab. Mencoba lagi…',
  empty: 'Belum ada pesan.',
  noCommands: 'Bot ini tidak punya daftar perintah.',
  deleted: 'Pesan ini dihapus',
  edit: 'Ubah',
  revoke: 'Tarik',
  clear: 'Hapus semua gangguan',
  nothing: 'tidak ada',
  newPerson: 'Nama orang baru',
  noAnswer: 'tanpa jawaban',
};
