// Made-up mail, as varied as real life.
import type { Account, Address, Mailbox, Part, Row, Role, Shown, Storage } from '../src/gen/api';

export const now = new Date();
const at = (days: number, clock: string): string => {
  const [hours, minutes] = clock.split(':').map(Number);
  const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - days, hours, minutes);
  return date.toISOString();
};

const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();

export const accounts: Account[] = [
  ['Kontor', 'nora@kontor.example', 'K', 1, 'imaps://mail.kontor.example:993'],
  ['Albrecht, private', 'n.albrecht@bigmail.example', 'A', 2, 'imaps://imap.bigmail.example:993'],
  ['Verein (shared)', 'kasse@verein.example', 'V', 3, 'imap+starttls://mail.verein.example:143'],
].map(([name, email, letter, colour, imap], i) => ({
  id: i + 1,
  email: email as string,
  name: name as string,
  letter: letter as string,
  colour: colour as number,
  imap: imap as string,
  smtp: null,
  user: email as string,
  auth: 'password',
  state: { kind: 'current', by: i === 2 ? 'poll' : 'idle' },
  paused: false,
  progress: null,
  last_heard: ago(2 + i),
  audited_at: ago(8 + i),
}));

let boxId = 0;
const box = (account: number, name: string, role: Role | null, total: number, unread: number, depth = 0): Mailbox => ({
  id: (boxId += 1),
  account,
  name,
  label: name.split('/').at(-1) ?? name,
  depth,
  role,
  total,
  unread,
  cached: total,
  selectable: true,
  role_from: role === null ? null : role === 'inbox' || role === 'archive' ? 'server' : 'guess',
  covered: true,
  audited_at: null,
});

export const mailboxes: Mailbox[] = [
  box(1, 'INBOX', 'inbox', 3000, 17),
  box(1, 'Archive', 'archive', 18_240, 0),
  box(1, 'Entwürfe', 'drafts', 2, 0),
  box(1, 'Gesendete Objekte', 'sent', 0, 0),
  box(1, 'Harbour library', null, 812, 4),
  box(1, 'Harbour library/Modellbau', null, 64, 0, 1),
  box(1, 'Angebote & Verträge', null, 391, 0),
  box(1, 'Junk', 'junk', 88, 12),
  box(1, 'Trash', 'trash', 310, 0),
  box(2, 'INBOX', 'inbox', 0, 6),
  box(2, 'Family', null, 940, 0),
  box(2, 'Trash', 'trash', 12, 0),
  box(3, 'INBOX', 'inbox', 0, 1),
  box(3, 'Kasse', null, 88, 0),
];

type Seed = [from: string, address: string, days: number, clock: string, subject: string, preview: string, account: number, flags: string, clip: boolean];
const seeds: Seed[] = [
  ['Ravi Menon', 'ravi@menon-partners.example', 0, '11:42', 'Harbour library: façade samples arrive Thursday, decision needed', 'The courier confirmed: all four samples will be on site on Thursday at nine. I went through', 1, 'S', true],
  ['佐藤 美咲', 'misaki@sato-design.example', 0, '11:08', '展覧会図面の最終確認について(11月27日締切)', 'お世話になっております。添付の図面をご確認いただき、修正点がございましたら', 1, '', true],
  ['Reisezentrum Nord', 'fahrkarten@reisezentrum.example', 0, '10:51', 'Ihre Buchung: Hamburg Hbf → København H, 3. Dezember', 'Ihre Fahrkarten liegen bei. Sitzplätze: Wagen 21, Plätze 64 und 66, Ruhebereich', 2, 'S', true],
  ['Chidi Eze', 'chidi@eze-studio.example', 0, '10:20', 'Lunch moved to 13:00?', 'Sorry, the client call slipped. Same place, I’ll be the one with the roll of drawings', 1, 'SAF', false],
  ['Havnehotellet', 'reception@havnehotellet.example', 0, '09:12', 'Din booking hos Havnehotellet, 3.–5. december, to voksne, havneudsigt', 'Kære Nora, vi glæder os til at se jer. Her er jeres bekræftelse', 2, 'S', true],
  ['The Morning Ledger', 'hello@morning-ledger.example', 0, '08:00', 'Why every port city is suddenly building libraries, and six that got it right', 'Good morning. From Oslo to Busan the waterfront reading room has become', 2, '', false],
  ['مها الشريف', 'maha@heritage.example', 0, '07:34', 'دعوة لحضور ورشة عمل حول ترميم المباني التراثية', 'يسعدنا دعوتكم إلى ورشة العمل التي ستقام في الثالث من ديسمبر', 1, 'S', false],
  ['Opa’s 80th 🎂', 'jonas@albrecht.example', 1, '19:40', 'Who brings what? (final list, promise)', 'Jonas: I can do the potato salad AND the projector, but not both at the same time', 2, '', false],
  ['Олена Коваль', 'olena@koval.example', 1, '17:02', 'Рахунок-фактура № 2026-118 за листопад', 'Доброго дня! Надсилаю рахунок за листопад, термін оплати 14 днів', 3, 'SF', true],
  ['forge.example', 'noreply@forge.example', 1, '15:31', 'Re: [harbour-plans] Section cut B–B is missing a dimension', 'tomas-v closed this in 4f1c09e: “Dimension the cut at the stair”', 1, 'S', false],
  ['Zahnarztpraxis Dr. Weiß', 'praxis@dr-weiss.example', 1, '09:00', 'Erinnerung: Ihr Termin am 2. Dezember um 8:30', 'Guten Tag Frau Albrecht, wir erinnern Sie an Ihren Termin', 2, 'S', false],
  ['“ceo@kontor.example”', 'x91@mailer-drop.example', 2, '08:14', 'Urgent: are you at your desk?', 'I need you to handle something discreetly before noon', 1, '', false],
  ['Hafenbehörde, Einkauf', 'einkauf@hafenbehoerde.example', 3, '14:22', 'Leistungsverzeichnis, Los 2', 'Sehr geehrte Frau Albrecht, unten das Leistungsverzeichnis', 1, 'S', false],
];

const names = ['Ines Ferreira', 'Tomás Vidal', 'Léa Fontaine', 'Olga Brandt', '田中 健', 'Kasse Verein', 'Build server', 'Anja Holm'];
const matters = ['Protokoll 17. November', 'Notes from the site visit', 'Fotos vom Richtfest', '見積書の件', 'Facture acquittée', 'Nightly backup finished', 'Minutes, and two open questions', 'Re: lighting tests'];

export const rows: Row[] = [];
let id = 1000;
const me = (account: number): Address => ({ name: 'Nora Albrecht', address: accounts[account - 1]?.email ?? '' });
interface Made {
  from: Address;
  date: string;
  subject: string;
  preview: string;
  account: number;
  flags: string;
  clip: boolean;
  mailbox: number;
  thread?: number | undefined;
  to?: Address[];
}
const letters: Record<string, string> = { S: '\\Seen', A: '\\Answered', F: '\\Flagged' };
export function make({ from, date, subject, preview, account, flags, clip, mailbox, thread, to }: Made): Row {
  id += 1;
  return {
    id,
    thread: thread ?? id,
    account,
    mailbox,
    from: [from],
    to: to ?? [me(account)],
    subject,
    date,
    preview,
    flags: [...flags].map((f) => letters[f] ?? f),
    size: 4000 + ((id * 7919) % 90_000),
    has_attachments: clip,
    count: 1,
    unread: flags.includes('S') ? 0 : 1,
    senders: [from],
  };
}
const INBOX: Record<number, number> = { 1: 1, 2: 10, 3: 13 };
const SENT = 4;
for (const [name, address, days, clock, subject, preview, account, flags, clip] of seeds) {
  rows.push(make({ from: { name, address }, date: at(days, clock), subject, preview, account, flags, clip, mailbox: INBOX[account] ?? 1 }));
}

// Conversations, own replies among them; the newest of each is above already.
const ines = { name: 'Ines Ferreira', address: 'ines@menon-partners.example' };
const ravi = { name: 'Ravi Menon', address: 'ravi@menon-partners.example' };
const tomas = { name: 'Tomás Vidal', address: 't.vidal@oldpartner.example' };
const hotel = { name: 'Havnehotellet', address: 'reception@havnehotellet.example' };
const family = ['Mum', 'Jonas Albrecht', 'Tante Käthe', 'Leo', 'Lotte', 'Opa'].map((name) => ({ name, address: `${name.split(' ')[0]?.toLowerCase().normalize('NFD').replace(/[^a-z]/gu, '')}@albrecht.example` }));
const talk = (thread: number, account: number, subject: string, all: [Address, number, string, string, string, boolean][]) => {
  for (const [from, days, clock, preview, flags, clip] of all) {
    const own = from.address === me(account).address;
    rows.push(make({ from, date: at(days, clock), subject: `Re: ${subject}`, preview, account, flags, clip, thread, mailbox: own ? SENT : (INBOX[account] ?? 1), ...(own ? { to: [ravi] } : {}) }));
  }
};
talk(1001, 1, 'Harbour library: façade samples', [
  [ines, 1, '17:20', 'Ochre 2 holds its colour at 3000 K. Photos from the foyer attached.', 'S', true],
  [me(1), 4, '16:02', 'Thank you both. Could you hold ochre 2 against the water side?', 'S', false],
  [ines, 5, '10:15', 'Two of the three are here, the grey-green is on its way.', 'S', false],
  [ravi, 6, '09:11', 'Samples are ordered: three ochres, one grey-green, 30 × 30 cm each.', 'S', false],
]);
talk(1005, 2, 'Din booking hos Havnehotellet', [
  [me(2), 11, '18:40', 'Perfekt, vi tager det gerne. Kan vi få morgenmad til begge dage?', 'S', true],
  [hotel, 12, '08:05', 'Tak for din forespørgsel. Vi har et dobbeltværelse med udsigt.', 'S', false],
]);
talk(1008, 2, 'Who brings what?', Array.from({ length: 11 }, (_, n) => [family[n % family.length] ?? ines, 1, `${18 - n}:0${n % 6}`, ['I bring the cake!', 'Who has the projector?', 'Chairs are sorted.', 'Is there a list?'][n % 4] ?? '', n < 2 ? '' : 'S', false]));
talk(1010, 1, '[harbour-plans] Section cut B–B', [
  [tomas, 2, '11:31', 'It is missing on the stair only.', 'S', false],
  [{ name: 'forge.example', address: 'noreply@forge.example' }, 2, '10:02', 'nora opened this: Section cut B–B is missing a dimension', 'S', false],
]);

/** The rest: `total` messages of one account, older than those above, one conversation in six. */
export function older(account: number, total: number): Row[] {
  const made: Row[] = [];
  let thread = 0;
  for (let n = 0; n < total; n += 1) {
    const name = names[(n * 3 + account) % names.length] ?? '';
    const date = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 13, 18, 0, -n * 977 - account * 31);
    if (n % 6 >= 3) thread = 0;
    const row = make({
      from: { name, address: `${name.split(' ')[0]?.toLowerCase().normalize('NFD').replace(/[^a-z]/gu, '') || 'tanaka'}@partner.example` },
      date: date.toISOString(),
      subject: `${matters[(n * 5) % matters.length] ?? ''}`,
      preview: 'As agreed, here is what we wrote down; please tell me by Friday if something is missing.',
      account,
      flags: n % 211 === 0 ? '' : 'S',
      clip: n % 5 === 0,
      mailbox: INBOX[account] ?? 1,
      ...(thread === 0 ? {} : { thread }),
    });
    if (thread === 0) thread = row.thread;
    made.push(row);
  }
  return made;
}

const frame = (body: string, colours = 'none') => `<!doctype html><html data-colours="${colours}"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:">
<style>:root{--ink:#1b1e19;--line:#e2e2dc;--accent:#14614a}:root[data-theme=dark][data-colours=none]{--ink:#eceee8;--line:#2d302b;--accent:#6ccba6}html{color:var(--ink)}a[href]{color:var(--accent)}body{margin:0;font:15px/24px system-ui,sans-serif;overflow-wrap:anywhere}p{margin:0 0 12px}table{border-collapse:collapse}td,th{padding:6px 0;text-align:start;border-bottom:1px solid var(--line)}th{font-weight:600}</style></head><body>${body}</body></html>`;

const html: Record<number, string> = {
  1001: frame(
    `<p>Hi Nora,</p><p>the courier confirmed: all four samples will be on site on Thursday at nine. I went through Ines’s photos again and I’d go with the second ochre. The first turns pink under the foyer’s LED strips, and the grey-green vanishes against the water on overcast days.</p><p>Three things before Thursday:</p><ol><li>The joint: 8 mm as drawn, or 10 mm as the mason asks?</li><li>Do we keep the sample boards after the visit, or does the city?</li><li>A yes to the revised sequence; it saves a week of scaffolding.</li></ol><table width="100%"><tr><th>Phase<th>As planned<th>Revised<tr><td>South façade<td>12 Jan – 6 Feb<td>12 Jan – 30 Jan<tr><td>East façade<td>9 Feb – 27 Feb<td>2 Feb – 20 Feb</table><p style="margin-top:12px">Ravi</p>`,
  ),
  1005: frame(
    `<div style="border:1px dashed #cdcec6;border-radius:7px;height:84px;background:#f8f8f5"></div><h2 style="font-size:20px">Kære Nora, vi glæder os til at se jer</h2><p>Her er jeres bekræftelse. Værelset er klart fra kl. 15, og I kan altid sætte bagagen hos os før det. Morgenmad er inkluderet begge dage.</p><table width="100%"><tr><td>Ankomst<td><b>torsdag 3. december, fra kl. 15.00</b><tr><td>Afrejse<td><b>lørdag 5. december, senest kl. 11.00</b><tr><td>Bookingnummer<td><b>HH-40917</b></table><p style="margin-top:16px"><a href="https://havnehotellet.example/booking/HH-40917" target="_blank" style="background:#1d3a63;color:#fff;padding:9px 14px;border-radius:5px;text-decoration:none">Se eller ret booking</a></p>`,
    'own',
  ),
};

const part = (section: string, name: string, media_type: string, size: number, cached = true): Part => ({
  section, media_type, name, size, content_id: null, inline: false, cached, url: `/part/${section}`,
});
const parts: Record<number, Part[]> = {
  1001: [part('2', 'ochre-2-foyer.jpg', 'image/jpeg', 2_400_000), part('3', 'facade-sequence-rev-C-with-comments.pdf', 'application/pdf', 840_000), part('4', 'samples-matrix.xlsx', 'application/vnd.ms-excel', 64_000, false)],
  1005: [part('2', 'Bekræftelse-HH-40917.pdf', 'application/pdf', 408_000), part('3', 'ophold.ics', 'text/calendar', 4000, false)],
};

export function shown(row: Row): Shown {
  const body = html[row.id];
  return {
    id: row.id,
    thread: row.thread,
    account: row.account,
    headers: {
      from: row.from, sender: [], reply_to: [], cc: row.id === 1001 ? [{ name: 'Tomás Vidal', address: 't.vidal@oldpartner.example' }] : [],
      to: row.id === 1001 ? [...row.to, { name: 'Ines Ferreira', address: 'ines@menon-partners.example' }] : row.to,
      subject: row.subject, date: row.date, received: row.date, message_id: null, references: [],
    },
    flags: row.flags,
    mailboxes: [row.mailbox],
    ...(body ? { html: body } : { text: `${row.preview}.\n\nMore at https://menon-partners.example/notes (the whole of it), or write to ines@menon-partners.example.\n\n> On Monday, Nora wrote:\n> Can you send me the notes?\n>> Which ones?\n\nBest,\n-- \n${row.from[0]?.name ?? ''}` }),
    blocked: row.id === 1005 ? Array.from({ length: 6 }, (_, n) => ({ kind: 'image', url: `https://${n < 5 ? 'img.' : 'track.'}havnehotellet.example/${n}.png` })) : [],
    parts: parts[row.id] ?? [],
    truncated: false,
    fetched_bytes: 2100,
  };
}

const MB = 1_000_000;
export const storage: Storage = {
  budget: 256 * MB, used: 182 * MB, file: 180 * MB, wal: 2 * MB, evictable: 127 * MB, least: 24 * MB,
  by: [
    [1, 52, 31, 20, 9], [2, 22, 14, 10, 3], [3, 7, 1, 8, 1],
  ].flatMap(([account, text, attachments, headers, index]) =>
    Object.entries({ text, attachments, headers, index }).map(([kind, n]) => ({ account: account ?? 1, kind, bytes: (n ?? 0) * MB })),
  ),
};
