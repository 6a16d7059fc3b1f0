// The app's own window. The only file that knows of a shell.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { save } from '@tauri-apps/plugin-dialog';
import type { Event, Part } from '../gen/api';
import { nextId } from './id';
import { asTrouble, local, TroubleError, type CallOptions, type Method, type Params, type Platform, type Result } from './types';

async function call<M extends Method>(method: M, params: Params<M>, options: CallOptions = {}): Promise<Result<M>> {
  const { signal } = options;
  const id = nextId();
  if (signal?.aborted) throw local('cancelled', 'cancelled');
  const cancelled = new Promise<never>((_, reject) => {
    signal?.addEventListener(
      'abort',
      () => {
        void invoke('cancel', { id }).catch(() => undefined);
        reject(local('cancelled', 'cancelled'));
      },
      { once: true },
    );
  });
  const answer = invoke<Result<M>>('rpc', { id, method, params }).catch((thrown: unknown) => {
    throw new TroubleError(asTrouble(thrown));
  });
  return Promise.race([answer, cancelled]);
}

export const platform: Platform = {
  kind: 'window',
  hearsFrameClicks: false,
  ready: () => Promise.resolve(),
  call,
  onEvent(heard) {
    const stop = listen<Event>('satchel://event', ({ payload }) => heard(payload));
    return () => void stop.then((end) => end());
  },
  async saveAttachment(message, part: Part) {
    const output = await save({ defaultPath: part.name });
    if (output === null) return null;
    // The system's own dialog has asked about a file that is there.
    const saved = await call('attachment.save', { id: message, section: part.section, output, replace: true });
    return { path: saved.path };
  },
  async openExternal(url) {
    try {
      await invoke('open_link', { url });
    } catch (thrown) {
      throw new TroubleError(asTrouble(thrown));
    }
  },
};
