import type { Blocked } from '../../gen/api';

/** The hosts that would have been asked, each once, as they come. */
export function hostsOf(blocked: readonly Blocked[]): string[] {
  const hosts = blocked.flatMap(({ url }) => {
    try {
      // `//host/path` takes the page's scheme.
      const { hostname } = new URL(url.trim(), 'https://none.invalid');
      return hostname === '' || hostname === 'none.invalid' ? [] : [hostname];
    } catch {
      return [];
    }
  });
  return [...new Set(hosts)];
}
