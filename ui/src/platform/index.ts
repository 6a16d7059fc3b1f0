// Chooses the carrier once. Everything else imports `call` and the rest from here.
import type { CallOptions, Method, Params, Platform, Result } from './types';

declare global {
  interface Window {
    __TAURI_INTERNALS__?: unknown;
  }
}

async function choose(): Promise<Platform> {
  return window.__TAURI_INTERNALS__ === undefined
    ? (await import('./web')).platform
    : (await import('./tauri')).platform;
}

let chosen: Platform | undefined;

/** Before anything is drawn. */
export async function carry(given?: Platform): Promise<void> {
  chosen = given ?? (await choose());
  await chosen.ready();
}

export function platform(): Platform {
  if (!chosen) throw new Error('no platform yet');
  return chosen;
}

export const call = <M extends Method>(method: M, params: Params<M>, options?: CallOptions): Promise<Result<M>> =>
  platform().call(method, params, options);

export * from './types';
