// A server as a person writes it, and as the api wants it.
export type Security = 'tls' | 'starttls';
export interface Server {
  host: string;
  port: string;
  security: Security;
}

export const usualPort = (security: Security): string => (security === 'tls' ? '993' : '143');

/** `imaps://host:port`; an IPv6 address in brackets. */
export function imapUrl({ host, port, security }: Server): string {
  const name = host.trim().replace(/^\[|\]$/gu, '');
  const written = name.includes(':') ? `[${name}]` : name;
  return `${security === 'tls' ? 'imaps' : 'imap+starttls'}://${written}:${port.trim()}`;
}

export function parseImapUrl(url: string): Server | null {
  const found = /^(imaps|imap\+starttls):\/\/(\[[^\]]+\]|[^:/]+)(?::(\d+))?\/?$/u.exec(url);
  if (!found) return null;
  const security: Security = found[1] === 'imaps' ? 'tls' : 'starttls';
  return { host: (found[2] ?? '').replace(/^\[|\]$/gu, ''), port: found[3] ?? usualPort(security), security };
}

export const serverName = (url: string): string => parseImapUrl(url)?.host ?? url;

export const isHost = (text: string): boolean => {
  const host = text.trim();
  return host.length > 0 && host.length <= 253 && !/[\s/@?#%\\"'<>]/u.test(host);
};

export const isPort = (text: string): boolean => /^\d{1,5}$/u.test(text.trim()) && Number(text) > 0 && Number(text) < 65_536;

/** Good enough to ask a server for: one @, something on both sides. The server has the last word. */
export const isAddress = (text: string): boolean => /^[^\s@]+@[^\s@.]+(?:\.[^\s@.]+)*$/u.test(text.trim());

export const domainOf = (email: string): string => email.trim().slice(email.trim().lastIndexOf('@') + 1);

/** Colons between the octets, upper case, as administrators print it; eleven to a line, for the eye that compares. */
export function fingerprint(hex: string): string {
  const plain = hex.replace(/[^0-9a-f]/giu, '').toUpperCase();
  const octets = plain.match(/.{1,2}/gu);
  return octets ? octets.join(':').replace(/((?:..:){11})(?=.)/gu, '$1\n') : hex;
}
